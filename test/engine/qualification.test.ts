import { expect, test } from 'bun:test';
import type { ManifestCampaign } from '../../src/engine/ports/manifest.ts';
import type { RunHead } from '../../src/engine/ports/runs.ts';
import { decide, qualifies } from '../../src/engine/rules/qualification.ts';

const campaign = (behavior: 'static' | 'dynamic'): ManifestCampaign => ({
  id: 'c',
  segments: ['a', 'b'],
  excludeSegments: ['x'],
  behavior,
  reentry: behavior === 'static' ? 'once' : 'always',
  exitWhen: null,
  goal: null,
  priority: 0,
  spreadMs: 0,
});
const run = (status: RunHead['status']): RunHead => ({
  id: 1,
  campaignId: 'c',
  userId: 'u',
  entry: 1,
  status,
});
const IN = new Set(['a', 'b']);
const OUT = new Set(['a']);

test('a user qualifies who is in all segments and none of the excluded', () => {
  expect(qualifies(campaign('static'), new Set(['a', 'b', 'other']))).toBe(true);
  expect(qualifies(campaign('static'), new Set(['a']))).toBe(false);
  expect(qualifies(campaign('static'), new Set(['a', 'b', 'x']))).toBe(false);
});

test.each([
  ['static', undefined, OUT, IN, 'enter'],
  ['static', undefined, IN, IN, 'enter'],
  ['static', 'sleeping', IN, OUT, 'stay'],
  ['static', 'completed', OUT, IN, 'stay'],
  ['dynamic', undefined, OUT, IN, 'enter'],
  ['dynamic', undefined, IN, IN, 'enter'],
  ['dynamic', undefined, OUT, OUT, 'stay'],
  ['dynamic', 'pending', IN, OUT, 'leave'],
  ['dynamic', 'running', IN, OUT, 'leave'],
  ['dynamic', 'sleeping', IN, OUT, 'leave'],
  ['dynamic', 'sleeping', IN, IN, 'stay'],
  ['dynamic', 'cancelled', OUT, IN, 'enter'],
  ['dynamic', 'completed', OUT, IN, 'enter'],
  ['dynamic', 'completed', IN, IN, 'stay'],
  ['dynamic', 'failed', IN, IN, 'stay'],
  ['dynamic', 'cancelled', IN, OUT, 'stay'],
] as const)('%s, latest run %s, from %p to %p: %s', (behavior, status, before, after, decision) => {
  expect(decide(campaign(behavior), status && run(status), { before, after })).toBe(decision);
});

test('whoever is to start over enters again, of either kind, as long as it qualifies', () => {
  const ended = { ...run('cancelled'), ending: 'restarted' as const };
  for (const behavior of ['static', 'dynamic'] as const) {
    expect(decide(campaign(behavior), ended, { before: IN, after: IN })).toBe('enter');
    expect(decide(campaign(behavior), ended, { before: IN, after: OUT })).toBe('stay');
  }
});
