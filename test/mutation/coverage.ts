import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One test file, run without any mutant. */
export interface TestRun {
  /** Relative to the tree, as all paths. */
  file: string;
  ms: number;
  /** The lines of each source file that ran in the test's own process, from 1. Children are not seen. */
  lines: Map<string, Set<number>>;
}

/** Runs test files in a tree, or reads what an earlier run of the same text found in `cache`. Throws when one fails. */
export async function runCovered(
  tree: string,
  { files, cache, run, onRun }: CoverageOptions,
): Promise<TestRun[]> {
  const found: TestRun[] = [];
  for (const file of files) {
    const kept = join(cache, `${createHash('sha256').update(fingerprint(tree, file)).digest('hex')}.json`);
    if (!existsSync(kept)) {
      const folder = join(tree, 'coverage');
      rmSync(folder, { recursive: true, force: true });
      const from = performance.now();
      const arguments_ = ['--coverage', '--coverage-reporter=lcov', `--coverage-dir=${folder}`];
      const { code, output } = await run([`./${file}`, ...arguments_]);
      if (code !== 0) throw new Error(`${file} fails without a mutant:\n${output.slice(-4_000)}`);
      const report = readLcov(readFileSync(join(folder, 'lcov.info'), 'utf8'));
      mkdirSync(cache, { recursive: true });
      const lines = [...report].map(([path, numbers]) => [path, [...numbers]]);
      writeFileSync(kept, JSON.stringify({ ms: performance.now() - from, lines }));
    }
    const { ms, lines } = JSON.parse(readFileSync(kept, 'utf8')) as Kept;
    found.push({ file, ms, lines: new Map(lines.map(([path, numbers]) => [path, new Set(numbers)])) });
    onRun(file, ms);
  }
  return found.sort((a, b) => a.ms - b.ms);
}

export interface CoverageOptions {
  files: string[];
  /** A folder for what was found. */
  cache: string;
  /** Runs `bun test` with these arguments in the tree. */
  run(args: string[]): Promise<{ code: number | null; output: string }>;
  onRun(file: string, ms: number): void;
}

/** The lines that ran, by file, of a report in the format of lcov. */
export function readLcov(text: string): Map<string, Set<number>> {
  const lines = new Map<string, Set<number>>();
  let current: Set<number> | undefined;
  for (const line of text.split('\n')) {
    const [tag, value = ''] = line.split(':');
    if (tag === 'SF') {
      current = new Set();
      lines.set(value, current);
    } else if (tag === 'DA') {
      const [number, hits] = value.split(',').map(Number);
      if (number !== undefined && hits) current?.add(number);
    }
  }
  return lines;
}

// --- internal ---

interface Kept {
  ms: number;
  lines: [string, number[]][];
}

/** All text that may change what a test file runs. */
function fingerprint(tree: string, file: string): string {
  const texts = ['src', 'test'].flatMap((folder) =>
    [...new Bun.Glob('**/*.{ts,tsx,sql}').scanSync({ cwd: join(tree, folder) })]
      .filter((name) => !name.includes('.test.') || join(folder, name) === file)
      .filter((name) => !name.startsWith('mutation/'))
      .sort()
      .map((name) => readFileSync(join(tree, folder, name), 'utf8')),
  );
  return `${file}\0${texts.join('\0')}`;
}
