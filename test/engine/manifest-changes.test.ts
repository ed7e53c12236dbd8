import { expect, test } from 'bun:test';
import { changesBetween } from '../../src/engine/deployments/manifest-changes.ts';
import type { Manifest, ManifestCampaign } from '../../src/engine/ports/manifest.ts';

const campaign = (id: string, priority = 0): ManifestCampaign => ({
  id,
  segments: ['everyone'],
  excludeSegments: [],
  behavior: 'static',
  reentry: 'once',
  exitWhen: null,
  goal: null,
  priority,
  spreadMs: 0,
});

function manifest(campaigns: ManifestCampaign[], content: Record<string, string>): Manifest {
  return {
    templates: [],
    segments: [],
    campaigns,
    transactions: [],
    confirm: false,
    contentHashes: { templates: {}, campaigns: content, transactions: {} },
  };
}

test.each([
  ['nothing', campaign('c'), 'same', 'unchanged', false],
  ['its flow alone', campaign('c'), 'other', 'changed', false],
  ['its rules alone', campaign('c', 5), 'same', 'changed', true],
  ['both', campaign('c', 5), 'other', 'changed', true],
] as const)('a campaign of which %s is new', (_what, rules, flow, expected, isOpened) => {
  const before = manifest([campaign('c')], { c: 'same' });
  const changes = changesBetween(before, manifest([rules], { c: flow }));
  expect(changes.campaigns.get('c')).toBe(expected);
  expect(changes.openedCampaigns.has('c')).toBe(isOpened);
});

test('campaigns that come and go', () => {
  const changes = changesBetween(
    manifest([campaign('old'), campaign('kept')], { old: 'x', kept: 'x' }),
    manifest([campaign('kept'), campaign('new')], { kept: 'x', new: 'x' }),
  );
  expect(Object.fromEntries(changes.campaigns)).toEqual({ kept: 'unchanged', new: 'added', old: 'removed' });
  expect([...changes.openedCampaigns]).toEqual(['new']);
});

test('the first manifest opens every campaign', () => {
  const changes = changesBetween(undefined, manifest([campaign('c')], { c: 'x' }));
  expect(Object.fromEntries(changes.campaigns)).toEqual({ c: 'added' });
  expect([...changes.openedCampaigns]).toEqual(['c']);
});
