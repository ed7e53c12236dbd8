#!/usr/bin/env node
// The whole test suite, from a clean clone: `npm test`, or `node test/run.mjs AREA…` for some areas (folders of test/).
// Plain Node.js without dependencies: it is what installs them. Ends with one line, `N passed, N failed`, and exits accordingly.
import { availableParallelism } from 'node:os';
import {
  build,
  bunPath,
  EXECUTABLE,
  ending,
  installPackages,
  lastLines,
  run,
  SetupError,
} from '../bin/setup.mjs';
import { findAreas, processesOf } from './runner/areas.mjs';
import { runTestFiles } from './runner/process.mjs';
import { Report } from './runner/report.mjs';
import { RESOURCES } from './runner/resources.mjs';

/** Ends the suite early, its reason having been reported. */
class Stop extends Error {}

const started = performance.now();
const report = new Report();
const prepared = [];
try {
  const areas = chooseAreas(process.argv.slice(2));
  await timed('packages', () => installPackages((line) => report.log(line)));
  if (process.argv.length === 2) {
    await Promise.all([
      timed('lint', () => tool('biome', ['ci', '--colors=off', '.'])),
      timed('types', () => tool('tsc', ['--noEmit'])),
    ]);
  }
  await timed('build', build);
  const env = await prepare(areas);
  await runAll(processesOf(areas, env), env);
} catch (error) {
  if (!(error instanceof Stop)) report.check('the test runner', 0, String(error?.stack ?? error));
} finally {
  await Promise.all(prepared.map((resource) => resource.stop()));
}
process.exitCode = report.finish((performance.now() - started) / 1000);

// --- internal ---

function chooseAreas(names) {
  const all = findAreas();
  const unknown = names.filter((name) => !all.some((area) => area.name === name));
  if (unknown.length > 0) {
    report.check(
      'arguments',
      0,
      `no area ${unknown.join(', ')}; the areas are ${all.map((area) => area.name).join(', ')}`,
    );
    throw new Stop();
  }
  return names.length === 0 ? all : all.filter((area) => names.includes(area.name));
}

/** Runs a step and reports it. Without packages nothing else can run: that stops the suite. */
async function timed(name, work) {
  const from = performance.now();
  let trouble;
  try {
    trouble = await work();
  } catch (error) {
    trouble = error instanceof SetupError ? error.message : String(error?.stack ?? error);
  }
  report.check(name, (performance.now() - from) / 1000, trouble);
  if (trouble && name === 'packages') throw new Stop();
}

async function tool(name, args) {
  const result = await run(bunPath(), ['x', '--no-install', name, ...args], { timeoutMs: 300_000 });
  return result.code === 0 ? undefined : `${ending(result)}\n${lastLines(result.output, 60)}`;
}

/** Prepares what the areas need. What cannot be had here is said loudly, and the tests that need it skip themselves. */
async function prepare(areas) {
  const env = { SEGFLOW_TEST_EXECUTABLE: EXECUTABLE };
  for (const need of new Set(areas.flatMap((area) => area.needs))) {
    try {
      const resource = await RESOURCES[need]((line) => report.log(line));
      prepared.push(resource);
      Object.assign(env, resource.env);
    } catch (error) {
      report.missing(need, error instanceof Error ? error.message : String(error));
    }
  }
  return env;
}

/** Two processes at a time, at most one a core; a line now and then while long ones run. */
async function runAll(processes, env) {
  const queue = [...processes];
  const active = new Set();
  const heartbeat = setInterval(() => {
    if (active.size > 0) report.log(`… ${[...active].join(', ')}; ${queue.length} to come`);
  }, 30_000);
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const from = performance.now();
      active.add(next.name);
      const { tests, trouble } = await runTestFiles(next.files, { ...env, ...next.env });
      active.delete(next.name);
      report.area(next.name, (performance.now() - from) / 1000, tests, trouble);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  clearInterval(heartbeat);
}
