import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Block, blocksOf, ROOT, USER_PAGES } from './pages.ts';

/*
 * The TypeScript examples of the docs as the files of a project. A block is a module of its own, unless the word after the
 * language says otherwise:
 *
 *   ```ts segments       entries of the config's `segments`; likewise templates, campaigns and transactions
 *   ```ts config         entries of the config
 *   ```ts flow           the body of a flow, with `ctx` and `rt`
 *   ```ts client         statements with a `segflow` client
 *   ```ts test           statements with `simulate` and `config`
 *   ```ts some/file.ts   this file of the project
 */

type Section = (typeof SECTIONS)[number];
const SECTIONS = ['segments', 'templates', 'campaigns', 'transactions'] as const;

export interface Example {
  /** The file, from the folder of the project. */
  file: string;
  block: Block;
  text: string;
}

/** As `segflow init` writes it, for a folder of dist/: with the package's entries found in the sources. */
export const TSCONFIG = {
  compilerOptions: {
    target: 'ESNext',
    module: 'Preserve',
    moduleResolution: 'bundler',
    lib: ['ESNext', 'DOM'],
    types: ['bun', 'node'],
    jsx: 'react-jsx',
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    paths: {
      segflow: ['../../src/index.ts'],
      'segflow/schema': ['../../src/schema/index.ts'],
      'segflow/client/sdk': ['../../src/client/sdk.ts'],
      'segflow/testing': ['../../src/testing/simulate.ts'],
    },
  },
  include: ['.'],
};

/** Every TypeScript example of README.md and docs/. */
export function examples(): Example[] {
  return USER_PAGES.flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => ['ts', 'tsx', 'typescript'].includes(language))
      .map(exampleOf),
  );
}

/**
 * Writes the project that `segflow init` makes, with the examples beside its files, and for each page that has entries of a
 * config a `config-PAGE.ts` with all of them.
 */
export function writeExamples(folder: string): { examples: Example[]; configs: string[] } {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(ROOT, 'templates', 'project'), folder, { recursive: true });
  const all = examples();
  // The files of the project first: the fragments import its emails.
  for (const { file, block, text } of all) if (isNamed(block)) write(join(folder, file), text);
  const emails = emailsIn(folder);
  for (const { file, block, text } of all) {
    if (!isNamed(block)) write(join(folder, file), isFragment(text) ? `${emails}${text}` : text);
  }
  const configs = [...new Set(all.map(({ block }) => block.page))].flatMap((page) => {
    const text = configOf(all.filter(({ block }) => block.page === page));
    if (text === undefined) return [];
    const file = `config-${nameOf(page)}.ts`;
    write(join(folder, file), `${emails}${text}`);
    return [file];
  });
  return { examples: all, configs };
}

// --- internal ---

/** What every fragment may use, besides the emails of the project. */
const PREAMBLE = `
import { and, count, desc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Flow, SegflowConfig } from 'segflow';
import { Client } from 'segflow/client/sdk';
import { simulate } from 'segflow/testing';
import { events, messages, runs, segmentMembers, users } from './schema';
import config, { type MyUserAttributes } from './segflow.config';
`;

function exampleOf(block: Block): Example {
  const extension = block.language === 'tsx' ? 'tsx' : 'ts';
  const file = isNamed(block) ? block.info : `${nameOf(block.page)}-line-${block.line}.${extension}`;
  return { file, block, text: textOf(block) };
}

function textOf(block: Block): string {
  const { info, text } = block;
  if (info === '' || isNamed(block)) return `${text}\nexport {};\n`;
  if (isSection(info))
    return fragment(`export const example: SegflowConfig<MyUserAttributes>['${info}'] = {\n${text}\n};`);
  switch (info) {
    case 'config':
      return fragment(`export const example: Partial<SegflowConfig<MyUserAttributes>> = {\n${text}\n};`);
    case 'flow':
      return fragment(`export const example: Flow<MyUserAttributes> = function* (ctx, rt) {\n${text}\n};`);
    case 'client':
      return fragment(
        `export async function example(segflow: Client) {\n${withoutImports(text)}\n}`,
        importsOf(text),
      );
    case 'test':
      return fragment(`export async function example() {\n${text}\n}`);
    default:
      throw new Error(`${block.page}:${block.line}: unknown word "${info}" after the language`);
  }
}

function fragment(text: string, imports = ''): string {
  return `${PREAMBLE}${imports}\n${text}\n`;
}

/** The config of a page's entries, its flows being campaigns of everybody; undefined when it has none. */
function configOf(all: Example[]): string | undefined {
  const flows = all.filter(({ block }) => block.info === 'flow');
  const entries = (section: Section) =>
    all.filter(({ block }) => block.info === section).map(({ block }) => block.text);
  if (flows.length === 0 && SECTIONS.every((section) => entries(section).length === 0)) return undefined;
  const campaigns = flows.map(
    ({ block }) =>
      `'line ${block.line}': { segments: ['all-users'], behavior: 'static', flow: function* (ctx, rt) {\n${block.text}\n} },`,
  );
  const sections = SECTIONS.map((section) => {
    const own = section === 'campaigns' ? [...entries(section), ...campaigns] : entries(section);
    return `${section}: {\n...config.${section},\n${own.join('\n')}\n},`;
  });
  return `${PREAMBLE}
const page: SegflowConfig<MyUserAttributes> = { ...config,\n${sections.join('\n')}\n};
export default page;
`;
}

function emailsIn(folder: string): string {
  const names = readdirSync(join(folder, 'emails'))
    .filter((name) => name.endsWith('.tsx'))
    .map((name) => name.slice(0, -'.tsx'.length));
  return names.map((name) => `import ${name} from './emails/${name}';\n`).join('');
}

function isFragment(text: string): boolean {
  return text.startsWith(PREAMBLE);
}

function isNamed({ info }: Block): boolean {
  return /\.tsx?$/.test(info);
}

function isSection(info: string): info is Section {
  return (SECTIONS as readonly string[]).includes(info);
}

/** `docs-flows` of docs/flows.md. */
function nameOf(page: string): string {
  return page.replace(/\.md$/, '').replaceAll('/', '-').toLowerCase();
}

function importsOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('import '))
    .join('\n');
}

function withoutImports(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('import '))
    .join('\n');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
