import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseArguments } from '../../src/cli/command-line/arguments.ts';
import { findCommand } from '../../src/cli/commands.ts';
import { commandLinesOf, commandsIn } from './command-lines.ts';
import { CONTRIBUTOR_PAGES, PROJECT_PAGES, ROOT, readPage, USER_PAGES } from './pages.ts';

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

test.each([...ALL_PAGES, ...PROJECT_PAGES])('the commands of %s are known, with their flags', (page) => {
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

// --- internal ---

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
