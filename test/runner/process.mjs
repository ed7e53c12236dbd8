// One `bun test` process: its outcome, told from its JUnit report and never from its exit code alone.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunPath, ending, lastLines, ROOT, run } from '../../bin/setup.mjs';
import { readTests } from './junit.mjs';

// On a busy machine everything takes a multiple of its time.
const TEST_MS = 180_000;
const PROCESS_MS = 1_200_000;

/**
 * Runs test files in one process. Returns the tests that ran and, when something went wrong outside them (a crash, a file without
 * tests, a process left behind), what: `{ tests, trouble }`. Files are named from `cwd`.
 */
export async function runTestFiles(files, env, cwd = ROOT) {
  const folder = mkdtempSync(join(tmpdir(), 'segflow-junit-'));
  const report = join(folder, 'report.xml');
  const marker = `${process.pid}-${folder.slice(-6)}`;
  try {
    const result = await run(
      bunPath(),
      [
        'test',
        ...files.map((file) => `./${file}`),
        `--timeout=${TEST_MS}`,
        '--reporter=junit',
        `--reporter-outfile=${report}`,
      ],
      { cwd, env: { ...process.env, ...env, SEGFLOW_TEST_RUN: marker }, timeoutMs: PROCESS_MS },
    );
    const tests = readTests(readIfThere(report));
    for (const test of tests) if (test.status === 'failed') test.message = textOf(test, result.output);
    const left = endProcessesOf(marker);
    return { tests, trouble: findTrouble(result, tests, files, left) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// --- internal ---

/** Lines of the process's output shown for a failure that Bun's report says little or nothing of. */
const OUTPUT_LINES = 80;

/**
 * The failure's text. Of tests that run side by side Bun gives the error of one to another, and nothing to the first; of a test that
 * takes too long it only says so. What the process printed until then says more.
 */
function textOf({ name, message }, output) {
  if (message && message !== 'test timed out') return message;
  const lines = output.trimEnd().split('\n');
  const own = name.split(' > ').at(-1);
  const at = lines.findIndex((line) => line.startsWith('(fail)') && line.includes(own));
  const shown = lines.slice(0, at < 0 ? lines.length : at + 2).slice(-OUTPUT_LINES);
  return `${message || 'Bun gave no reason'}; the process printed:\n${shown.join('\n')}`;
}

function findTrouble(result, tests, files, left) {
  const failed = tests.some((test) => test.status === 'failed');
  const ran = new Set(tests.map((test) => test.file));
  const silent = files.filter((file) => !ran.has(file));
  const output = lastLines(result.output, 60);
  if (result.timedOut) return `ran over ${PROCESS_MS / 1000} s and was killed\n${output}`;
  if (silent.length > 0) return `${silent.join(', ')} ran no test (${ending(result)})\n${output}`;
  if (result.code !== 0 && !failed) return `the runner ended with ${ending(result)}\n${output}`;
  if (result.code === 0 && failed) return `the runner ended well though a test failed\n${output}`;
  if (left.length > 0) return `left processes behind: ${left.join('; ')}`;
  return undefined;
}

/** Ends the processes whose environment carries `marker` (children inherit it) and names them. Linux only: others cannot be asked. */
function endProcessesOf(marker) {
  if (process.platform !== 'linux') return [];
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!readIfThere(`/proc/${pid}/environ`).split('\0').includes(`SEGFLOW_TEST_RUN=${marker}`)) continue;
    if (/^State:\s+[ZX]/m.test(readIfThere(`/proc/${pid}/status`))) continue;
    found.push(`${pid} ${readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120)}`);
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
  }
  return found;
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
