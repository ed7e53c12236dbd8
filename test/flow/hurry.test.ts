import { describe, expect, test } from 'bun:test';
import type { UserContext } from '../../src/config/types.ts';
import type { Json } from '../../src/core/json.ts';
import type { ActivationOutput } from '../../src/flow/activation/activation.ts';
import { MAX_HURRIED_ACTIVATIONS } from '../../src/flow/activation/endless-loop.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { record } from '../../src/flow/journal/journal.ts';
import { DrivenRun } from './drive.ts';

/* A flow that goes on for ever without letting time pass is failed; one that lets it pass may go on as long as it likes. */

const SENT = { status: 'sent', messageId: 'msg_1' };
const EVENT = { name: 'ping', attributes: {}, createdAt: '2026-01-01T00:00:00.000Z' };
/** From one step to the next, on a machine that has much to do. */
const BETWEEN_MS = 300;

/** Steps until the run ends, fails or has gone on for `most` steps. */
function drive(run: DrivenRun, { result, most, ms }: { result: Json; most: number; ms: number }) {
  let output: ActivationOutput = run.step();
  let steps = 1;
  for (; steps < most && output.outcome === 'advanced' && output.pending !== null; steps++) {
    run.at += ms;
    output = run.step(result);
  }
  return { output, steps };
}

/** Has the run come further: its journal says that it did that many steps more of those that it began with. */
function goOn(run: DrivenRun, { result, steps, ms }: { result: Json; steps: number; ms: number }): void {
  if (run.journal === '') run.step();
  const before = run.journal.length;
  run.at += ms;
  run.step(result);
  const step = run.journal.slice(before).replace(/^@.*\n/, '');
  for (let i = 1; i < steps; i++) {
    run.at += ms;
    run.journal += record.activation(run.at) + step;
  }
}

function flowOf(body: (rt: Runtime, ctx: UserContext) => unknown) {
  return function* (ctx: UserContext, rt: Runtime) {
    while (true) yield body(rt, ctx);
  };
}

const LOOPS: [name: string, flow: unknown, result: Json, last: string][] = [
  ['wait', flowOf((rt) => rt.wait({ milliseconds: 0 })), null, 'wait 0s'],
  ['sleepUntil', flowOf((rt) => rt.sleepUntil(0)), null, 'until 1970-01-01T00:00:00.000Z'],
  ['waitForEvent', flowOf((rt) => rt.waitForEvent('ping', { timeout: { days: 0 } })), null, 'event ping'],
  ['waitForSegment', flowOf((rt) => rt.waitForSegment('vip')), true, 'segment vip'],
  [
    'race',
    flowOf((rt) => rt.race({ ping: rt.waitForEvent('ping'), late: rt.wait({ days: 0 }) })),
    { label: 'late', value: null },
    'race late, ping',
  ],
  ['inSegment', flowOf((rt) => rt.inSegment('vip')), false, 'member vip'],
  ['sendEmail', flowOf((rt) => rt.sendEmail('hello')), SENT, 'email hello'],
  [
    'continueAsNew',
    function* (_ctx: UserContext, rt: Runtime) {
      yield rt.wait({ seconds: 0 });
      yield rt.continueAsNew();
    },
    null,
    'wait 0s',
  ],
];

describe('a loop in which no time passes', () => {
  test.each(LOOPS)('%s', (name, flow, result, last) => {
    const { output, steps } = drive(new DrivenRun(flow), { result, most: 5_000, ms: BETWEEN_MS });
    expect(output).toMatchObject({
      outcome: 'failed',
      error: {
        message: `the flow took 1,000 steps in a row without time passing (an email counts as ten); the last was "${last}". Put an rt.wait() into the loop.`,
      },
    });
    expect(steps).toBe(name === 'sendEmail' ? MAX_HURRIED_ACTIVATIONS / 10 + 2 : MAX_HURRIED_ACTIVATIONS + 2);
  });

  test('is one as well when the email takes its time', () => {
    const run = new DrivenRun(flowOf((rt) => rt.sendEmail('hello')));
    expect(drive(run, { result: SENT, most: 5_000, ms: 60_000 }).output.outcome).toBe('failed');
  });

  test('may come after years', () => {
    const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      for (let i = 0; i < 2_000; i++) yield rt.wait({ days: 1 });
      while (true) yield rt.wait({ days: 0 });
    });
    goOn(run, { result: null, steps: 1_999, ms: 86_400_000 });
    expect(drive(run, { result: null, most: 500, ms: BETWEEN_MS }).output.outcome).toBe('advanced');
    expect(drive(run, { result: null, most: 1_000, ms: BETWEEN_MS }).output.outcome).toBe('failed');
  }, 180_000);

  test.each(['wait', 'sendEmail'])('of %s is taken up where it was once it is mended', (name) => {
    const [, flow, result] = LOOPS.find(([loop]) => loop === name)!;
    const run = new DrivenRun(flow);
    const { steps } = drive(run, { result, most: 5_000, ms: BETWEEN_MS });
    run.flow = function* (ctx: UserContext, rt: Runtime) {
      let yielded = 0;
      for (const step of (flow as ReturnType<typeof flowOf>)(ctx, rt)) {
        if (++yielded === steps) break;
        yield step;
      }
      yield rt.wait({ days: 1 });
    };
    run.at += BETWEEN_MS;
    expect(run.pending()).toMatchObject({ kind: 'wait', until: run.at + 86_400_000 });
  });
});

describe('a flow may go on for ever', () => {
  const HONEST: [name: string, flow: unknown, result: Json, ms: number][] = [
    ['when it waits', flowOf((rt) => rt.wait({ seconds: 1 })), null, 1_000],
    ['when it waits for a moment', flowOf((rt) => rt.waitUntil({ time: '09:00' })), null, 86_400_000],
    ['when it is told of events, however many', flowOf((rt) => rt.waitForEvent('ping')), EVENT, 0],
    [
      'when there are none',
      flowOf((rt) => rt.waitForEvent('ping', { timeout: { hours: 1 } })),
      null,
      3_600_000,
    ],
    [
      'when it races for events',
      flowOf((rt) => rt.race({ ping: rt.waitForEvent('ping'), late: rt.wait({ days: 1 }) })),
      { label: 'ping', value: EVENT },
      0,
    ],
    ['when people come and go', flowOf((rt) => rt.waitForSegment('vip')), true, 5_000],
  ];

  test.each(HONEST)('%s', (_name, flow, result, ms) => {
    const run = new DrivenRun(flow);
    goOn(run, { result, steps: 20_000, ms });
    run.at += ms;
    expect(run.step(result).outcome).toBe('advanced');
    expect(run.follows()).toBe(true);
  });

  test('with a wait after all that it does, and when it begins anew', () => {
    const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      for (let i = 0; i < 9; i++) yield rt.wait({ days: 0 });
      yield rt.wait({ days: 1 });
      yield rt.wait({ days: 0 });
      yield rt.continueAsNew();
    });
    let output = run.step();
    for (let i = 0; i < 5_000; i++) {
      if (output.outcome !== 'advanced' || output.pending?.kind !== 'wait')
        throw new Error(JSON.stringify(output));
      run.at = Math.max(output.pending.until, run.at);
      output = run.step(null);
    }
    expect(output.outcome).toBe('advanced');
  });
});
