#!/usr/bin/env bun
/*
 *   npm run mutate -- [--files GLOB] [--tests GLOB] [--sample N] [--seed N] [--slowest SECONDS] [--json]
 *
 * Changes one place of the sources at a time (points.ts) and runs the tests that reach that line, the fastest first, until one
 * fails. Prints the score, and every mutant that no test noticed: each is a test to write, or code that changes nothing.
 *
 * Works in a copy of the checkout, so nothing here changes. What runs in a child process is not seen as reached.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bunPath, ROOT, run } from '../../bin/setup.mjs';
import { seededRandom } from '../helpers/random.ts';
import { runCovered, type TestRun } from './coverage.ts';
import { findPoints, mutated, type Point } from './points.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: 'src/{engine,flow}/**/*.ts' },
    tests: { type: 'string', default: 'test/{engine,flow}/**/*.test.ts' },
    sample: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    slowest: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});

type Outcome = 'killed' | 'hung' | 'survived' | 'not reached';

interface Result extends Point {
  outcome: Outcome;
  /** The test file that noticed it. */
  by?: string;
}

const log = (line: string) => console.error(line);
const tree = copyOfCheckout();
try {
  const points = sample(allPoints(), Number(values.sample));
  if (points.length === 0)
    throw new Error(`no file matches ${values.files}, or there is nothing to change in it`);
  log(`seed ${values.seed}: ${points.length} mutants`);
  const tests = await runCovered(tree, {
    files: matching(values.tests),
    cache: join(ROOT, '.cache', 'mutation'),
    run: (args) => bunTest(args, 600_000),
    onRun: (file, ms) => log(`  ${file}: ${(ms / 1000).toFixed(1)} s`),
  });
  const quick = tests.filter(({ ms }) => ms <= Number(values.slowest) * 1000);
  const results: Result[] = [];
  for (const point of points) {
    const result = await tryMutant(point, quick);
    results.push(result);
    log(`${String(results.length).padStart(4)} ${result.outcome.padEnd(11)} ${shown(result)}`);
  }
  report(results);
} finally {
  rmSync(tree, { recursive: true, force: true });
}

// --- internal ---

function copyOfCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'segflow-mutation-'));
  for (const name of ['src', 'test', 'bin', 'templates', 'package.json', 'tsconfig.json', 'bunfig.toml']) {
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function matching(glob: string): string[] {
  return [...new Bun.Glob(glob).scanSync({ cwd: tree })].sort();
}

function allPoints(): Point[] {
  return matching(values.files).flatMap((path) => findPoints(readFileSync(join(tree, path), 'utf8'), path));
}

function sample(points: Point[], count: number): Point[] {
  const random = seededRandom(Number(values.seed));
  return points
    .map((point) => ({ point, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ point }) => point);
}

async function tryMutant(point: Point, tests: TestRun[]): Promise<Result> {
  const reaching = tests.filter(({ lines }) => reaches(lines.get(point.path), point.line));
  const path = join(tree, point.path);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(text, point));
  try {
    for (const { file, ms } of reaching) {
      const { code, timedOut } = await bunTest([`./${file}`, '--bail'], 20_000 + ms * 4);
      if (timedOut) return { ...point, outcome: 'hung', by: file };
      if (code !== 0) return { ...point, outcome: 'killed', by: file };
    }
  } finally {
    writeFileSync(path, text);
  }
  return { ...point, outcome: reaching.length === 0 ? 'not reached' : 'survived' };
}

/** Of an expression over several lines only the first may be in the report. */
function reaches(lines: Set<number> | undefined, line: number): boolean {
  return lines !== undefined && [0, 1, 2].some((above) => lines.has(line - above));
}

function bunTest(args: string[], timeoutMs: number): Promise<Awaited<ReturnType<typeof run>>> {
  return run(bunPath(), ['test', ...args, '--timeout=60000'], { cwd: tree, timeoutMs });
}

function report(results: Result[]): void {
  const count = (outcome: Outcome) => results.filter((it) => it.outcome === outcome).length;
  const dead = count('killed') + count('hung');
  const score = results.length === 0 ? 0 : dead / results.length;
  const survivors = results.filter(({ outcome }) => outcome === 'survived' || outcome === 'not reached');
  if (values.json) {
    console.log(JSON.stringify({ seed: Number(values.seed), mutants: results.length, score, survivors }));
    return;
  }
  for (const survivor of survivors) console.log(`${survivor.outcome} ${shown(survivor)}`);
  console.log(
    `${dead} of ${results.length} mutants killed (${(score * 100).toFixed(1)} %): ${count('hung')} hung, ${count('survived')} survived, ${count('not reached')} not reached; seed ${values.seed}`,
  );
}

function shown({ path, line, column, kind, original, replacement, by }: Result): string {
  const cut = (text: string) => text.replace(/\s+/g, ' ').slice(0, 70);
  return `${path}:${line}:${column} ${kind}: ${cut(original)} → ${cut(replacement)}${by ? ` (${by})` : ''}`;
}
