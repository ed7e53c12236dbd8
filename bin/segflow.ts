#!/usr/bin/env bun
// A host child is this executable again: it must not load, nor wait for, anything of the command line.
if (process.argv[2] === '__host') {
  const { runHostChild } = await import('../src/host/child/child.ts');
  await runHostChild();
} else {
  const { runCommandLine } = await import('../src/cli/run.ts');
  await runCommandLine(process.argv.slice(2));
}

export {};
