import { crashPoint } from '../../core/crash-point.ts';
import { SegflowError } from '../../core/errors.ts';
import type { Mutex } from '../../core/mutex.ts';
import type { SlotOwner } from '../cluster/slots.ts';
import type { Next } from '../cluster/worker.ts';
import type { Deployment, Deployments } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { ManifestSegment } from '../ports/manifest.ts';
import type { DirtyMark, SegmentSql, SweepToken } from '../ports/segments.ts';
import type { Statements, Store } from '../ports/store.ts';
import { concerns, readsEvent } from '../rules/triggers.ts';
import { wakeAsking } from '../waits/wakeups.ts';
import { type Causes, causesOf } from './causes.ts';
import { move } from './movements.ts';

/** Users evaluated in one turn. */
const BATCH = 500;

/**
 * Turns changes of users into memberships and campaign entries. A turn takes a batch of marked
 * users (or, when there are none, of the sweep that follows a deployment), asks the store which
 * segments select them, and commits in one transaction: memberships, runs that start, end or become
 * due (movements), and the handled marks. A mark that was set again in the meantime stays, so no
 * change is missed. A crash before the commit repeats the batch, which is harmless.
 */
export class Segmenter {
  #store: Store;
  #host: Host;
  #deployments: Deployments;
  #evaluation: Mutex;
  #slots: SlotOwner;
  #onRuns: () => void;
  #onWhole: (segmentIds: string[]) => void;
  #onCleared: () => void;

  constructor(options: {
    store: Store;
    host: Host;
    deployments: Deployments;
    evaluation: Mutex;
    slots: SlotOwner;
    /** Runs were started. */
    onRuns: () => void;
    /** These segments depend on more than a user's own rows, and some user's rows changed. */
    onWhole: (segmentIds: string[]) => void;
    /** A batch of marks was handled. */
    onCleared: () => void;
  }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#deployments = options.deployments;
    this.#evaluation = options.evaluation;
    this.#slots = options.slots;
    this.#onRuns = options.onRuns;
    this.#onWhole = options.onWhole;
    this.#onCleared = options.onCleared;
  }

  turn(): Promise<Next> {
    return this.#evaluation.run(async () => {
      const deployment = await this.#deployments.active();
      const slots = this.#slots.owned();
      const marks = await this.#store.dirtyUsers(BATCH, slots);
      if (marks.length > 0) {
        if (deployment) await this.#evaluate(deployment, marks);
        else await this.#store.clearDirty(marks);
        this.#onCleared();
        return 'now';
      }
      const sweep = deployment && (await this.#store.nextSweep(BATCH, slots));
      if (!deployment || !sweep) return 'when-woken';
      await this.#sweep(deployment, sweep);
      return 'now';
    });
  }

  async #evaluate(deployment: Deployment, marks: DirtyMark[]): Promise<void> {
    const { segments } = deployment.manifest;
    const concerned = new Map<ManifestSegment, Set<string>>();
    const whole = new Set<string>();
    for (const mark of marks) {
      const { userId, cause } = mark;
      for (const segment of segments) {
        if (!concerns(segment, mark)) continue;
        const users = concerned.get(segment);
        if (users) users.add(userId);
        else concerned.set(segment, new Set([userId]));
        if (!segment.facts.ownRowsOnly && cause !== 'segment') whole.add(segment.id);
      }
    }
    const userIds = [...new Set(marks.map(({ userId }) => userId))];
    await this.#apply(deployment, {
      userIds,
      concerned,
      causes: causesOf(marks),
      everyone: false,
      done: (tx) => tx.clearDirty(marks),
    });
    if (whole.size > 0) this.#onWhole([...whole]);
  }

  async #sweep(deployment: Deployment, sweep: { userIds: string[]; token: SweepToken }): Promise<void> {
    const all = new Set(sweep.userIds);
    const concerned = new Map(deployment.manifest.segments.map((segment) => [segment, all]));
    const done = (tx: Statements) => tx.advanceSweep(sweep.token);
    await this.#apply(deployment, {
      userIds: sweep.userIds,
      concerned,
      // The evaluation for their marks will later find these users already moved.
      causes: causesOf(await this.#store.marksOf(sweep.userIds)),
      everyone: true,
      done,
    });
  }

  async #apply(deployment: Deployment, batch: Batch): Promise<void> {
    const { userIds, concerned, causes, everyone } = batch;
    const before = await this.#memberships(userIds);
    const after = new Map([...before].map(([userId, ids]) => [userId, new Set(ids)]));
    const now = await this.#store.now();
    const lastEvent = await this.#store.lastEventId();
    const queries = await this.#queries(deployment, [...concerned.keys()], now);
    for (const [segment, users] of concerned) {
      const query = queries.get(segment.id) ?? segment;
      const selected = await this.#store.evaluateSegment(query, segment.facts, [...users]);
      for (const userId of users) {
        if (selected.has(userId)) after.get(userId)!.add(segment.id);
        else after.get(userId)!.delete(segment.id);
      }
    }
    const segments = new Map(deployment.manifest.segments.map((segment) => [segment.id, segment]));
    const reads = (id: string, name: string) => {
      const segment = segments.get(id);
      return segment !== undefined && readsEvent(segment, name);
    };
    const evaluation = {
      deployment,
      now,
      userIds,
      before,
      after,
      causes,
      lastEvent,
      everyone,
      readsEvent: reads,
    };
    const { skipExisting = [] } = deployment.manifest;
    const unswept = skipExisting.length > 0 ? await this.#store.unswept(userIds) : new Set<string>();

    const due = await this.#store.transaction(async (tx) => {
      if ((await tx.revision()) !== deployment.revision) throw superseded();
      const moved = await move(tx, { ...evaluation, unswept });
      await batch.done(tx);
      const asking = await wakeAsking(tx, userIds, now);
      crashPoint('segment:before-commit');
      return moved + asking;
    }, this.#slots.fence(userIds));
    crashPoint('segment:after-commit');
    if (due > 0) this.#onRuns();
  }

  async #memberships(userIds: string[]): Promise<Map<string, Set<string>>> {
    const members = new Map(userIds.map((userId) => [userId, new Set<string>()]));
    for (const { userId, segmentId } of await this.#store.memberships(userIds))
      members.get(userId)?.add(segmentId);
    return members;
  }

  async #queries(
    deployment: Deployment,
    segments: ManifestSegment[],
    at: number,
  ): Promise<Map<string, SegmentSql>> {
    const ids = segments.filter(({ volatile }) => volatile).map(({ id }) => id);
    if (ids.length === 0) return new Map();
    const queries = await this.#host.segmentQueries(deployment.bundle, ids, at);
    return new Map(queries.map((query) => [query.id, query]));
  }
}

// --- internal ------------------------------------------------------------------------------------

function superseded(): SegflowError {
  return new SegflowError('conflict', 'another configuration was put in force while segments were evaluated');
}

interface Batch {
  userIds: string[];
  /** Which users to evaluate each segment for. */
  concerned: Map<ManifestSegment, Set<string>>;
  causes: Causes;
  /** Whether to consider campaigns also for users whose memberships did not change (after a deployment). */
  everyone: boolean;
  done: (tx: Statements) => Promise<void>;
}
