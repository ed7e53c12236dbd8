import { expect, test } from 'bun:test';
import { formatExplanation } from '../../src/cli/print/explanation.ts';
import type { ExplainedRun } from '../../src/protocol/explain.ts';

const RUN: ExplainedRun = {
  id: 7,
  entry: 1,
  status: 'sleeping',
  enteredAt: '2026-01-01T09:00:00.000Z',
  endedAt: null,
  reason: null,
  convertedAt: null,
  deployment: 'a'.repeat(32),
  pinned: false,
  ending: null,
  retries: 0,
  cause: null,
  steps: [],
  waits: null,
  follows: { active: true, own: true, divergence: null },
};

function told(run: Partial<ExplainedRun>): string {
  const campaign = {
    campaign: 'c',
    behavior: 'static' as const,
    summary: 'In it.',
    qualifies: true,
    conditions: [],
    pauses: [],
    runs: [{ ...RUN, ...run }],
  };
  return formatExplanation({
    user: 'ada',
    pending: false,
    deployment: RUN.deployment,
    campaigns: [campaign],
  });
}

const step = (number: number) => ({
  step: number,
  at: '2026-01-01T09:00:00.000Z',
  kind: 'wait',
  key: `${number}d`,
  result: null,
  endedAt: '2026-01-01T09:00:00.000Z',
});

test('of a long history the beginning and the end are shown', () => {
  const shown = told({ steps: Array.from({ length: 1_234 }, (_, i) => step(i + 1)) });
  expect(shown).toContain('5. wait 5d');
  expect(shown).toContain('1,204 steps in between: --json shows all');
  expect(shown).toContain('1210. wait 1210d');
  expect(shown).not.toContain('1209. wait');
  expect(told({ steps: Array.from({ length: 30 }, (_, i) => step(i + 1)) })).not.toContain('in between');
});

test('steps are called as flows call them, near enough, and have their results', () => {
  const steps = [
    { ...step(1), kind: 'until', key: '2026-12-24T09:00:00.000Z' },
    { ...step(2), kind: 'member', key: 'vip', result: true },
    { ...step(3), kind: 'query', key: '', result: [{ n: 1 }] },
    { ...step(4), kind: 'event', key: 'purchase' },
    { ...step(5), kind: 'segment', key: 'vip', result: false },
  ];
  const shown = told({ steps });
  for (const line of [
    /1\. sleep until 2026-12-24 \d\d:00:00\n/,
    /2\. in segment vip {2}true\n/,
    /3\. query {2}\[\{"n":1\}\]\n/,
    /4\. wait for event purchase {2}none in time\n/,
    /5\. wait for segment vip {2}false\n/,
  ]) {
    expect(shown).toMatch(line);
  }
});

test('a run that began anew says after which step', () => {
  expect(told({ steps: [step(20)] })).toContain('started again after step 19 (rt.continueAsNew)');
  expect(told({ steps: [step(1)] })).not.toContain('started again');
});

test('a failure is shown with its place', () => {
  const reason = 'TypeError: no plan\n    at helper (flows.ts:70:21)\n    at throws (flows.ts:19:5)';
  const shown = told({ status: 'failed', reason, endedAt: RUN.enteredAt, follows: null });
  expect(shown).toMatch(
    /TypeError: no plan\n +at helper \(flows\.ts:70:21\)\n +at throws \(flows\.ts:19:5\)/,
  );
});

test('where not even the own code follows, what that means is said', () => {
  const divergence = { step: 1, recorded: 'wait 3d', yielded: 'event x' };
  const shown = told({ status: 'blocked', follows: { active: false, own: false, divergence } });
  expect(shown).toContain('step 1 was "wait 3d" and is now "event x"');
  expect(shown).toContain('depends on more than that, such as a variable of the module');
  expect(told({ follows: { active: false, own: true, divergence } })).not.toContain('a variable');
});

test('variants come after the steps', () => {
  expect(told({ steps: [step(1)], variants: { subject: 'b' } })).toMatch(
    /1\. wait 1d.*\n +variant subject: b/,
  );
});
