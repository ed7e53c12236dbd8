import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dir, '..', '..');

/** What users read: README.md and the pages of docs/, in alphabetical order. */
export const USER_PAGES: string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

/** What contributors read. */
export const CONTRIBUTOR_PAGES: string[] = readdirSync(ROOT)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .sort();

/** What `segflow init` writes for people to read. */
export const PROJECT_PAGES: string[] = ['templates/project/AGENTS.md', 'templates/project/README.md'];

/** A fenced block of a page. */
export interface Block {
  /** The file, from the root of the repository. */
  page: string;
  /** The line of the opening fence, from 1. */
  line: number;
  /** `ts` of "```ts flow". */
  language: string;
  /** `flow` of "```ts flow"; empty when there is none. */
  info: string;
  text: string;
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  const lines: string[] = [];
  for (const [index, line] of readPage(page).split('\n').entries()) {
    const fence = /^```(\w*) *(.*)$/.exec(line);
    if (!fence) {
      if (open) lines.push(line);
    } else if (open) {
      blocks.push({ ...open, text: lines.splice(0).join('\n') });
      open = undefined;
    } else {
      open = { page, line: index + 1, language: fence[1]!, info: fence[2]!.trim(), text: '' };
    }
  }
  if (open) throw new Error(`${page}:${open.line}: the block is not closed`);
  return blocks;
}
