import { setImmediate } from 'node:timers/promises';
import type { ManifestChanges } from '../deployments/manifest-changes.ts';
import type { ManifestSegment } from '../ports/manifest.ts';
import type { SegmentSql } from '../ports/segments.ts';
import { decide, isLive } from '../rules/qualification.ts';
import type { PlanWorld } from './plan-world.ts';

/** Users evaluated between two turns of the event loop. */
const PAGE = 1_000;
/** Size of the sample from which a campaign's mail is extrapolated. */
const SAMPLE = 500;

/** A person who would enter, with the segments that person would then be in. */
export interface Entrant {
  userId: string;
  segments: ReadonlySet<string>;
}

export interface PlannedEntries {
  enter: number;
  /**
   * The runs in flight whose users no longer belong, and those that start over
   * (--in-flight=restart).
   */
  leave: number;
  restart: number;
  skip: number;
  /** A sample of the people who enter or start over. */
  sample: Entrant[];
}

export interface PlannedPeople {
  segments: Map<string, { enter: number; leave: number }>;
  campaigns: Map<string, PlannedEntries>;
  /**
   * How many people would enter exactly these campaigns; the key is a JSON list of campaign ids.
   */
  entrances: Map<string, number>;
}

/**
 * Who would move between segments, enter campaigns and leave them: what the evaluation of everyone
 * after the deployment would find.
 */
export async function planPeople(world: PlanWorld, changes: ManifestChanges): Promise<PlannedPeople> {
  const { store, prepared, before, existing, inFlight, onProgress } = world;
  const { manifest } = prepared;
  // The next evaluation finds what the running one has not reached.
  const behind = !before || (await store.isSweeping());
  const evaluated = manifest.segments.filter(
    (segment) =>
      behind ||
      changes.segments.get(segment.id) !== 'unchanged' ||
      segment.timeDependent ||
      !segment.facts.ownRowsOnly,
  );
  const found: PlannedPeople = {
    segments: new Map(evaluated.map(({ id }) => [id, { enter: 0, leave: 0 }])),
    campaigns: new Map(
      manifest.campaigns.map(({ id }) => [
        id,
        { enter: 0, leave: 0, restart: 0, skip: 0, sample: [] as Entrant[] },
      ]),
    ),
    entrances: new Map(),
  };
  const everyone = behind || changes.openedCampaigns.size > 0 || inFlight === 'restart';
  if (evaluated.length === 0 && !everyone) return found;

  const members = await memberTests(world, evaluated);
  const strides = new Map<string, Stride>();
  const total = (await store.counts()).users;
  const now = await store.now();
  let done = 0;
  for (let after = ''; ; ) {
    const page = await store.usersAfter(after, PAGE);
    if (page.length === 0) return found;
    after = page.at(-1)!;
    const was = await membershipsOf(world, page);
    const is = new Map([...was].map(([userId, ids]) => [userId, new Set(ids)]));
    const moved = new Set<string>();
    for (const { id, test } of members) {
      const selected = await test(page);
      const count = found.segments.get(id)!;
      for (const userId of page) {
        if (selected.has(userId) === was.get(userId)!.has(id)) continue;
        moved.add(userId);
        count[selected.has(userId) ? 'enter' : 'leave']++;
        is.get(userId)![selected.has(userId) ? 'add' : 'delete'](id);
      }
    }
    const considered = everyone ? page : [...moved];
    const latest = new Map(
      (await store.latestRuns(considered)).map((run) => [`${run.userId}\n${run.campaignId}`, run]),
    );
    for (const userId of considered) {
      const entered: string[] = [];
      for (const campaign of manifest.campaigns) {
        let run = latest.get(`${userId}\n${campaign.id}`);
        if (run && isLive(run) && inFlight === 'cancel') run = { ...run, status: 'cancelled' };
        const segments = is.get(userId)!;
        const decision = decide(campaign, run, { before: was.get(userId)!, after: segments, now });
        const count = found.campaigns.get(campaign.id)!;
        if (decision === 'leave') count.leave++;
        const restart = inFlight === 'restart' && decision === 'stay' && run !== undefined && isLive(run);
        if (decision !== 'enter' && !restart) continue;
        if (!restart && existing === 'skip' && changes.campaigns.get(campaign.id) === 'added') {
          count.skip++;
          continue;
        }
        count[restart ? 'restart' : 'enter']++;
        entered.push(campaign.id);
        let stride = strides.get(campaign.id);
        if (!stride) {
          stride = new Stride(count.sample);
          strides.set(campaign.id, stride);
        }
        stride.offer({ userId, segments });
      }
      if (entered.length === 0) continue;
      const key = JSON.stringify(entered);
      found.entrances.set(key, (found.entrances.get(key) ?? 0) + 1);
    }
    done += page.length;
    onProgress({ stage: 'people', done: Math.min(done, total), total });
    await setImmediate();
  }
}

// --- internal ------------------------------------------------------------------------------------

interface MemberTest {
  id: string;
  /** The subset of these users that the segment selects. */
  test: (userIds: string[]) => Promise<ReadonlySet<string>>;
}

async function memberTests(
  { store, host, prepared }: PlanWorld,
  segments: ManifestSegment[],
): Promise<MemberTest[]> {
  const volatile = segments.filter((segment) => segment.volatile).map(({ id }) => id);
  const queries = new Map<string, SegmentSql>();
  if (volatile.length > 0) {
    for (const query of await host.segmentQueries(prepared.bundle, volatile, await store.now())) {
      queries.set(query.id, query);
    }
  }
  const tests: MemberTest[] = [];
  for (const segment of segments) {
    const query = queries.get(segment.id) ?? segment;
    if (segment.facts.ownRowsOnly) {
      const { facts } = segment;
      tests.push({ id: segment.id, test: (userIds) => store.evaluateSegment(query, facts, userIds) });
    } else {
      const whole = await store.selectWhole(query);
      tests.push({ id: segment.id, test: async () => whole });
    }
  }
  return tests;
}

async function membershipsOf({ store }: PlanWorld, userIds: string[]): Promise<Map<string, Set<string>>> {
  const members = new Map(userIds.map((userId) => [userId, new Set<string>()]));
  for (const { userId, segmentId } of await store.memberships(userIds)) members.get(userId)?.add(segmentId);
  return members;
}

/** Keeps at most SAMPLE people, evenly spread over all that are offered. */
class Stride {
  private readonly kept: Entrant[];
  private every = 1;
  private offered = 0;

  constructor(kept: Entrant[]) {
    this.kept = kept;
  }

  offer(entrant: Entrant): void {
    if (this.offered++ % this.every !== 0) return;
    this.kept.push(entrant);
    if (this.kept.length <= SAMPLE) return;
    // Of every two neighbours the first stays.
    for (let i = 0; i * 2 < this.kept.length; i++) this.kept[i] = this.kept[i * 2]!;
    this.kept.length = Math.ceil(this.kept.length / 2);
    this.every *= 2;
  }
}
