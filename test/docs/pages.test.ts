import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { aboutOf, argsOf } from '../../src/cli/command-line/about.ts';
import { parseArguments } from '../../src/cli/command-line/arguments.ts';
import { commandNames, commands, findCommand } from '../../src/cli/commands.ts';
import { EXIT_CODE, HTTP_STATUS } from '../../src/core/errors.ts';
import { commandLinesOf, commandsIn } from './command-lines.ts';
import { CONTRIBUTOR_PAGES, ROOT, readPage, USER_PAGES } from './pages.ts';

const ALL_PAGES = [...USER_PAGES, ...CONTRIBUTOR_PAGES];

test('README.md has at most 150 lines', () => {
  expect(readPage('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

test('README.md links every page of docs/', () => {
  const linked = linksOf('README.md').map(({ file }) => file);
  expect(USER_PAGES.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
});

test.each(ALL_PAGES)('the links of %s lead somewhere', (page) => {
  const broken = linksOf(page).filter(
    ({ file, anchor }) => !existsSync(join(ROOT, file)) || (anchor && !anchorsOf(file).includes(anchor)),
  );
  expect(broken).toEqual([]);
});

test.each(ALL_PAGES)('the commands of %s are known, with their flags', (page) => {
  const wrong = commandLinesOf(page).flatMap(({ line, words }) => {
    const problem = problemOf(words);
    return problem === undefined ? [] : [`${line}: ${problem}`];
  });
  expect(wrong).toEqual([]);
});

test('a wrong command would be found', () => {
  const problems = (line: string) =>
    commandsIn(line, { page: '', line: 1, language: 'sh', info: '', text: line }).map(({ words }) =>
      problemOf(words),
    );
  expect(problems("A=b segflow add ada item='Desk lamp' --wait   # a comment")).toEqual([undefined]);
  expect(problems('segflow init shop && segflow serve --port 1 > x')).toEqual([undefined, undefined]);
  expect(problems('segflow psuh')).toEqual(['segflow has no command psuh']);
  expect(problems('segflow push --dryrun')).toEqual(['segflow push has no flag --dryrun']);
});

test('docs/commands.md names every command and every flag', () => {
  const text = readPage('docs/commands.md');
  const missing = commands.flatMap((command) => {
    const { name } = aboutOf(command);
    const row = text.split('\n').find((line) => new RegExp(`^\\| .*\`${name}[ \`]`).test(line)) ?? '';
    const flags = Object.entries(argsOf(command))
      .filter(([flag, { type }]) => type !== 'positional' && !COMMON_FLAGS.includes(flag))
      .map(([flag]) => flag);
    return row === ''
      ? [name]
      : flags.filter((flag) => !row.includes(`--${flag}`)).map((flag) => `${name} --${flag}`);
  });
  expect(missing).toEqual([]);
  expect(commandNames.length).toBeGreaterThan(10);
});

test('docs/commands.md names every exit code, docs/api.md every status of an error', () => {
  const codes = readPage('docs/commands.md');
  for (const code of new Set(Object.values(EXIT_CODE))) expect(codes).toContain(`\n| ${code} |`);
  const api = readPage('docs/api.md');
  for (const code of ANSWERED)
    expect(api).toMatch(new RegExp(`\`${code}\`[^\n]*\\| ${HTTP_STATUS[code]} \\|`));
});

// --- internal ---

/** Of every command, or said elsewhere on the page. */
const COMMON_FLAGS = ['json', 'url', 'api-key', 'json-attributes'];

/** What the API answers a client that does something wrong, or too early. */
const ANSWERED = [
  'invalid_input',
  'unauthorized',
  'user_not_found',
  'not_found',
  'method_not_allowed',
  'conflict',
  'not_deployed',
  'payload_too_large',
  'unsupported_media_type',
  'invalid_config',
  'store_unsupported',
  'idempotency_key_reused',
  'unavailable',
] as const;

function problemOf([name = '', ...args]: string[]): string | undefined {
  if (name.startsWith('--')) return undefined;
  const command = findCommand(name);
  if (!command) return `segflow has no command ${name}`;
  try {
    parseArguments(command, args);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The files that a page links, from the root of the repository; links to other sites left out. */
function linksOf(page: string): { file: string; anchor: string }[] {
  return [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      return { file: path === '' ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
