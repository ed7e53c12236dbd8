import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import type { Bundle } from '../../src/engine/ports/manifest.ts';
import { activation, hostFor, rendering } from './bundles.ts';

// A child that renders takes a second to start, many on a busy machine.
setDefaultTimeout(240_000);

const CONFIG = `
import { Html, Tailwind } from '@react-email/components';
import { memo } from 'react';

const kill = () => process.kill(process.pid, 'SIGKILL');

function count(from: number): number {
  let sum = from;
  while (true) {
    sum += Math.sqrt(sum); // counts
  }
}

function Inner() {
  return <p>{count(1)}</p>; // renders
}

const Hanging = memo(() => <Html><Tailwind><Inner /></Tailwind></Html>);

const Killing = memo(function Killer() {
  kill();
  return <p>killed</p>;
});

const flow = (end: (...args: never[]) => unknown) => ({ segments: [], behavior: 'static', flow: end });

export default {
  emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
  templates: {
    hanging: { subject: 'x', component: Hanging },
    killing: { subject: 'x', component: Killing },
    titled: { subject: () => String(count(2)), component: () => <p>titled</p> },
  },
  campaigns: {
    loops: flow(function* loops(ctx, rt) {
      yield rt.wait({ days: 2 });
      yield rt.sendEmail('m' + count(3)); // loops
    }),
    hoards: flow(function* hoards() {
      const all = [];
      while (true) {
        all.push(new Uint8Array(1e5).fill(1)); // hoards
      }
    }),
    kills: flow(function* kills(ctx, rt) {
      yield rt.wait({ days: 2 });
      kill();
    }),
  },
};
`;

async function bundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'segflow-guilty-'));
  try {
    const path = join(folder, 'segflow.config.tsx');
    await Bun.write(path, CONFIG);
    const { id, code, problems } = await bundleConfig(path);
    expect(problems).toEqual([]);
    return { id, code, environment: {} };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Frames with the source line they name instead of its number. */
function readable(stack: string | undefined): string[] {
  const lines = CONFIG.split('\n');
  return (stack ?? '')
    .split('\n')
    .map((line) => line.trim().replace(/segflow\.config\.tsx:(\d+):\d+/, (_, n) => lines[n - 1]!.trim()));
}

test('a flow that hangs, hoards or kills its process has a place, and a step', async () => {
  await using impatient = hostFor({ processes: 1, timeoutMs: 1_000 });
  // A busy machine takes its time to fill the memory.
  await using patient = hostFor({ processes: 1, timeoutMs: 60_000, memoryMb: 300 });
  const code = await bundle();
  const request = (campaignId: string) => activation(1, { campaignId });
  const [waiting] = await impatient.advance(code, [request('loops')]);
  if (waiting?.outcome !== 'advanced') throw new Error('did not advance');
  const stacks: Record<string, string[]> = {};
  for (const id of ['loops', 'hoards', 'kills']) {
    const later = id === 'hoards' ? {} : { journal: waiting.appended, result: null };
    const host = id === 'loops' ? impatient : patient;
    const [failed] = await host.advance(code, [{ ...request(id), ...later }]);
    if (failed?.outcome !== 'failed') throw new Error('did not fail');
    stacks[id] = readable(failed.error.stack);
  }
  expect(stacks).toEqual({
    loops: [
      'the flow did not yield within 1 s',
      'at count (sum += Math.sqrt(sum); // counts)',
      "at loops (yield rt.sendEmail('m' + count(3)); // loops)",
      'after step 1: wait 2d',
    ],
    hoards: [
      'the flow took more than 300 MB of memory',
      expect.stringContaining('at hoards ('),
      'before its first step',
    ],
    kills: [
      'the flow ended its process (killed by SIGKILL)',
      'at kills (kills: flow(function* kills(ctx, rt) {)',
      'after step 1: wait 2d',
    ],
  });
});

test('an email that hangs or kills its process has a place, and a name', async () => {
  await using host = hostFor({ processes: 1, timeoutMs: 4_000 });
  const requests = ['hanging', 'killing', 'titled'].map((id) => rendering(id));
  const code = await bundle();
  const stacks: Record<string, string[]> = {};
  for (const request of requests) {
    const [result] = await host.render(code, [request], { suspected: true });
    if (result?.ok !== false) throw new Error('did not fail');
    stacks[request.id] = readable(result.error.stack);
  }
  expect(stacks).toEqual({
    hanging: [
      'the email was not rendered within 4 s',
      'at count (sum += Math.sqrt(sum); // counts)',
      'at Inner (return <p>{count(1)}</p>; // renders)',
      'in the template "hanging"',
    ],
    killing: [
      'the email ended its process (killed by SIGKILL)',
      'at Killer (const Killing = memo(function Killer() {)',
      'in the template "killing"',
    ],
    titled: [
      'the email was not rendered within 4 s',
      'at count (sum += Math.sqrt(sum); // counts)',
      'at subject (titled: { subject: () => String(count(2)), component: () => <p>titled</p> },)',
      'in the template "titled"',
    ],
  });
});
