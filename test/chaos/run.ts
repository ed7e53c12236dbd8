#!/usr/bin/env bun
/*
 *   bun test/chaos/run.ts [--rounds N] [--seed N] [--store sqlite|mariadb|mysql] [--logs DIR] [--stop]
 *
 * Plays rounds with the seeds N, N+1, … and tells which went wrong, and how to repeat them. `--logs` keeps what the processes of a failed
 * round printed; `--stop` ends at the first.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { playRound } from './round.ts';
import { type StoreName, startStore } from './stores.ts';

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    rounds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    store: { type: 'string', default: 'mysql' },
    logs: { type: 'string' },
    stop: { type: 'boolean', default: false },
  },
});
const STORES: StoreName[] = ['sqlite', 'mariadb', 'mysql'];
const name = STORES.find((each) => each === values.store);
if (!name) {
  console.error(`no store ${values.store}; there are ${STORES.join(', ')}`);
  process.exit(2);
}

// Whoever interrupts it finds nothing left running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const failed: number[] = [];
let played = 0;
await using store = await startStore(name);
for (let round = 0; round < Number(values.rounds); round++) {
  const seed = Number(values.seed) + round;
  const { faults, summary, logs } = await playRound(store, seed);
  played++;
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name} ${seed}: ${summary}`);
  if (faults.length === 0) continue;
  failed.push(seed);
  for (const fault of faults) console.log(`     ${fault}`);
  console.log(`     to repeat: bun test/chaos/run.ts --store ${name} --seed ${seed} --rounds 1`);
  if (values.logs) {
    mkdirSync(values.logs, { recursive: true });
    writeFileSync(join(values.logs, `${name}-${seed}.log`), `${summary}\n${faults.join('\n')}\n\n${logs}`);
  }
  if (values.stop) break;
}
console.log(
  `${played} rounds on ${name}, ${failed.length} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
