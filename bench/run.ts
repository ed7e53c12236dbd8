#!/usr/bin/env bun
/*
 *   bun bench/run.ts [name…] [--quick] [--json] [--against CHECKOUT]
 *
 * Measures the compiled executable. Rates depend on the machine and its other load: read the
 * ratios, and compare only rates of one run.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Measurement } from './measure.ts';

const BENCHES: Record<string, () => Promise<{ default: Bench }>> = {
  start: () => import('./start.ts'),
  serve: () => import('./serve.ts'),
  ingest: () => import('./ingest.ts'),
  emails: () => import('./emails.ts'),
  replay: () => import('./replay.ts'),
  render: () => import('./render.tsx'),
  volume: () => import('./volume.ts'),
  stores: () => import('./stores.ts'),
  simulate: () => import('./simulate.ts'),
  steps: () => import('./steps.ts'),
  plan: () => import('./plan.ts'),
  segments: () => import('./segments.ts'),
};

const { values, positionals } = parseArgs({
  args: Bun.argv.slice(2),
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, against: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const options = {
  quick: values.quick === true,
  ...(values.against !== undefined && { against: resolve(values.against) }),
};
const measured: (Measurement & { bench: string })[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  console.error(`${name} …`);
  const { default: bench } = await BENCHES[name]!();
  for (const each of await bench(options)) measured.push({ bench: name, ...each });
}

if (values.json) {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    load: loadavg()[0],
    platform: process.platform,
    bun: Bun.version,
  };
  console.log(JSON.stringify({ machine, measured }, null, 2));
} else {
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, Bun ${Bun.version}\n`);
  const rows = measured.map(({ name, value, unit, note = '' }) => [name, format(value), unit, note]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  for (const [name, value, unit, note] of rows) {
    const cells = [name!.padEnd(width(0)), value!.padStart(width(1)), unit!.padEnd(width(2)), note!];
    console.log(cells.join('  ').trimEnd());
  }
}

// --- internal ---

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
