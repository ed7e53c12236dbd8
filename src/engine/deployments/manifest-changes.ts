import { canonicalJson, type Json } from '../../core/json.ts';
import type { ContentHashes, Manifest, ManifestSegment } from '../ports/manifest.ts';
import type { PlannedChange, PlannedContent } from './plan-shape.ts';

export interface ManifestChanges {
  /** By id, those of either manifest. */
  segments: Map<string, PlannedChange>;
  campaigns: Map<string, PlannedChange>;
  /** Campaigns that new people could enter. */
  openedCampaigns: Set<string>;
  templates: PlannedContent;
  transactions: PlannedContent;
}

export function changesBetween(before: Manifest | undefined, after: Manifest): ManifestChanges {
  const hashes = { before: before?.contentHashes, after: after.contentHashes };
  const differ = (section: keyof ContentHashes, id: string) =>
    hashes.before?.[section][id] !== hashes.after?.[section][id];
  const oldRules = new Map(before?.campaigns.map((campaign) => [campaign.id, campaign]));
  const newRules = new Map(after.campaigns.map((campaign) => [campaign.id, campaign]));
  const opened = new Set<string>();
  for (const [id, rule] of newRules) {
    const old = oldRules.get(id);
    if (!old || canonicalJson(old as unknown as Json) !== canonicalJson(rule as unknown as Json))
      opened.add(id);
  }
  return {
    segments: compare(before?.segments ?? [], after.segments, sameSegment),
    campaigns: compare(
      before?.campaigns ?? [],
      after.campaigns,
      (_, { id }) => !opened.has(id) && !differ('campaigns', id),
    ),
    openedCampaigns: opened,
    templates: content(
      (before?.templates ?? []).map((id) => ({ id })),
      after.templates.map((id) => ({ id })),
      ({ id }) => !differ('templates', id),
    ),
    transactions: content(
      before?.transactions ?? [],
      after.transactions,
      (was, is) => was.event === is.event && !differ('transactions', is.id),
    ),
  };
}

// --- internal ------------------------------------------------------------------------------------

/** The same query, whatever the parameters that change with time. */
function sameSegment(was: ManifestSegment, is: ManifestSegment): boolean {
  const same = was.sql === is.sql && was.volatile === is.volatile;
  return same && (is.volatile || canonicalJson(was.params as Json) === canonicalJson(is.params as Json));
}

function compare<T extends { id: string }>(
  before: T[],
  after: T[],
  same: (was: T, is: T) => boolean,
): Map<string, PlannedChange> {
  const old = new Map(before.map((item) => [item.id, item]));
  const changes = new Map<string, PlannedChange>();
  for (const item of after) {
    const was = old.get(item.id);
    changes.set(item.id, !was ? 'added' : same(was, item) ? 'unchanged' : 'changed');
    old.delete(item.id);
  }
  for (const id of old.keys()) changes.set(id, 'removed');
  return changes;
}

function content<T extends { id: string }>(
  before: T[],
  after: T[],
  same: (was: T, is: T) => boolean,
): PlannedContent {
  const changes = compare(before, after, same);
  const those = (change: PlannedChange) => [...changes].filter(([, is]) => is === change).map(([id]) => id);
  return { added: those('added'), removed: those('removed'), changed: those('changed') };
}
