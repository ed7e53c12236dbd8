import type { Clock } from '../../core/clock.ts';
import type { Next } from '../cluster/worker.ts';
import type { Deployments } from '../deployments/deployments.ts';
import type { Manifest, ManifestSegment } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import { FOLLOWED_TABLES, type FollowedTable, type TableChange, Touched } from './touched.ts';

/** The most marks that one turn sets. */
const BATCH = 500;
/**
 * The delay before a user's second evaluation for a segment; each further one waits twice as long …
 */
const FIRST_WAIT_MS = 1_000;
/** … but not longer than this, which is how often such segments are evaluated for everyone anyway. */
const LAST_WAIT_MS = 60_000;

/**
 * Has users evaluated for segments that read the engine's own tables (runs, messages,
 * segment_members) when the users' rows there change. The changes live in memory: what a crash
 * forgets, the evaluation for everyone finds a minute later.
 *
 * A segment may change what it reads: members of "has no run" enter a campaign, and then have one.
 * So each evaluation of a user for a segment makes the next one wait longer, until nothing has
 * changed for twice as long.
 */
export class TableChanges {
  #store: Store;
  #deployments: Deployments;
  #clock: Clock;
  #onChange: () => void;
  #onMarked: () => void;
  #onWhole: (segmentIds: string[]) => void;
  /** Pending evaluations, by `keyOf`. */
  #pending = new Map<string, Evaluation>();
  /** Recent evaluations: when they ran, and how long the next one waits. */
  #lately = new Map<string, { at: number; waitMs: number }>();
  #readers: { of: Manifest; byTable: Map<FollowedTable, ManifestSegment[]> } | undefined;

  constructor(options: {
    store: Store;
    deployments: Deployments;
    clock: Clock;
    /** Rows changed: a turn is due. */
    onChange: () => void;
    /** Users were marked. */
    onMarked: () => void;
    /** These segments depend on more than a user's own rows, and some rows changed. */
    onWhole: (segmentIds: string[]) => void;
  }) {
    this.#store = options.store;
    this.#deployments = options.deployments;
    this.#clock = options.clock;
    this.#onChange = options.onChange;
    this.#onMarked = options.onMarked;
    this.#onWhole = options.onWhole;
  }

  /**
   * The store, wrapped so that every transaction reports its changes to tables that segments read.
   */
  watching(store: Store): Store {
    const transaction: Store['transaction'] = async (work, fence) => {
      const followed = new Set(this.#byTable().keys());
      if (followed.size === 0) return store.transaction(work, fence);
      let changes: readonly TableChange[] = [];
      const result = await store.transaction(async (tx) => {
        const touched = new Touched(followed);
        const done = await work(touched.noting(tx));
        changes = await touched.changes(tx);
        return done;
      }, fence);
      this.#note(changes);
      return result;
    };
    return Object.assign(Object.create(store) as Store, { transaction });
  }

  async turn(): Promise<Next> {
    const now = this.#clock.now();
    this.#forget(now);
    const due = [...this.#pending].filter(([key]) => this.#dueAt(key) <= now).slice(0, BATCH);
    if (due.length > 0) await this.#mark(new Map(due), now);
    let next = Number.POSITIVE_INFINITY;
    for (const key of this.#pending.keys()) next = Math.min(next, this.#dueAt(key));
    return Number.isFinite(next) ? { at: next } : 'when-woken';
  }

  async #mark(due: ReadonlyMap<string, Evaluation>, now: number): Promise<void> {
    const alone = [...due.values()].filter(({ whole }) => !whole);
    if (alone.length > 0) {
      await this.#store.transaction(async (tx) => {
        const afterEvent = await tx.lastEventId();
        await tx.markDirty(
          alone.map(({ userId, segmentId }) => ({
            userId,
            cause: 'segment',
            subject: segmentId,
            afterEvent,
          })),
        );
      });
      this.#onMarked();
    }
    for (const key of due.keys()) {
      this.#pending.delete(key);
      const waitMs = Math.min((this.#lately.get(key)?.waitMs ?? FIRST_WAIT_MS / 2) * 2, LAST_WAIT_MS);
      this.#lately.set(key, { at: now, waitMs });
    }
    const whole = new Set([...due.values()].filter((it) => it.whole).map(({ segmentId }) => segmentId));
    if (whole.size > 0) this.#onWhole([...whole]);
  }

  #note(changes: readonly TableChange[]): void {
    const byTable = this.#byTable();
    for (const change of changes) {
      for (const segment of byTable.get(change.table) ?? []) {
        if (!mayRead(segment, change)) continue;
        const evaluation = {
          userId: change.userId,
          segmentId: segment.id,
          whole: !segment.facts.ownRowsOnly,
        };
        this.#pending.set(keyOf(evaluation), evaluation);
      }
    }
    if (changes.length > 0) this.#onChange();
  }

  #dueAt(key: string): number {
    const last = this.#lately.get(key);
    return last === undefined ? 0 : last.at + last.waitMs;
  }

  #forget(now: number): void {
    for (const [key, { at, waitMs }] of this.#lately) {
      if (!this.#pending.has(key) && at + 2 * waitMs < now) this.#lately.delete(key);
    }
  }

  /** The active deployment's segments by the followed tables that they read. */
  #byTable(): Map<FollowedTable, ManifestSegment[]> {
    const manifest = this.#deployments.current?.manifest;
    if (!manifest) return new Map();
    if (this.#readers?.of !== manifest) {
      const readers = FOLLOWED_TABLES.map(
        (table) => [table, manifest.segments.filter(({ facts }) => facts.tables.includes(table))] as const,
      );
      this.#readers = {
        of: manifest,
        byTable: new Map(readers.filter(([, segments]) => segments.length > 0)),
      };
    }
    return this.#readers.byTable;
  }
}

// --- internal ------------------------------------------------------------------------------------

interface Evaluation {
  userId: string;
  segmentId: string;
  /** The segment is evaluated for everyone. */
  whole: boolean;
}

/** The evaluations of a segment that is evaluated for everyone share one key. */
function keyOf({ userId, segmentId, whole }: Evaluation): string {
  return whole ? segmentId : `${userId}\n${segmentId}`;
}

/** A segment that names the segments whose members it reads ignores changes to others. */
function mayRead({ facts }: ManifestSegment, { segmentId }: TableChange): boolean {
  if (segmentId === undefined) return true;
  const named = facts.compared.filter(
    ({ table, column, op }) => table === 'segment_members' && column === 'segment_id' && op === '=',
  );
  return named.length === 0 || named.some(({ value }) => value === segmentId);
}
