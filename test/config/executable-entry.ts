import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { findConfig } from '../../src/config/find.ts';
import { inspectConfig } from '../../src/config/inspect/inspect.ts';
import { SegflowError } from '../../src/core/errors.ts';
import { loadConfig } from '../../src/host/child/load-config.ts';

// Compiled by executable.test.ts: prints, for the config in the working directory, what every part of src/config makes of it.
const timings: Record<string, number> = {};
async function timed<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  timings[name] = Math.round(performance.now() - start);
  return result;
}

try {
  const path = findConfig(process.argv[2]);
  const bundle = await timed('bundle', () => bundleConfig(path));
  const { config } = await timed('load', () => loadConfig(path));
  const inspected = await timed('inspect', () => inspectConfig(config, 0));
  await timed('load again', () => loadConfig(path));
  await timed('inspect again', () => inspectConfig(config, 0));
  console.log(JSON.stringify({ id: bundle.id, names: bundle.environmentNames, ...inspected, timings }));
} catch (error) {
  if (!SegflowError.is(error)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message, details: error.details }));
}
