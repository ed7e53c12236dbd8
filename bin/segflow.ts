#!/usr/bin/env bun
// A host child is this executable started again: it must neither load nor wait for any part of the
// command line.
if (process.argv[2] === '__host') {
  const { runHostChild } = await import('../src/host/child/child.ts');
  await runHostChild();
} else {
  const { runCommandLine } = await import('../src/cli/run.ts');
  await runCommandLine(process.argv.slice(2));
}

export {};
