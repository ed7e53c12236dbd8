import { Cron } from 'croner';
import type { Clock } from '../../core/clock.ts';
import { crashPoint } from '../../core/crash-point.ts';
import { messageOf } from '../../core/errors.ts';
import type { SlotOwner } from '../cluster/slots.ts';
import type { Next } from '../cluster/worker.ts';
import type { Deployment, Deployments } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { Log } from '../ports/log.ts';
import type { ManifestSegment } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';

/**
 * How often a segment without triggers is evaluated for everyone when time alone can change its
 * members.
 */
const TIME_DEPENDENT_EVERY_MS = 60_000;
/**
 * The shortest time between two evaluations for everyone of a segment that depends on more than a
 * user's own rows.
 */
const WHOLE_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 6 * 3_600_000;
/** Idempotency keys are remembered for a day. */
const IDEMPOTENCY_MS = 86_400_000;

/**
 * Evaluates segments for everyone when they are due: the store finds, by set difference, the users
 * whose membership changed, and marks them; the segmenter does the rest. The time of the last
 * evaluation is stored, so an evaluation that became due while the process was down runs once at
 * the start.
 */
export class Scheduler {
  #store: Store;
  #host: Host;
  #deployments: Deployments;
  #slots: SlotOwner;
  #clock: Clock;
  #log: Log;
  #onMarked: () => void;
  #plan: { deploymentId: string; due: Map<string, number> } | undefined;
  #whole = new Set<string>();
  #sweepEveryMs: number;
  #pruneAt = 0;

  constructor(options: {
    store: Store;
    host: Host;
    deployments: Deployments;
    slots: SlotOwner;
    clock: Clock;
    log: Log;
    sweepEveryMs?: number | undefined;
    /** Users were marked. */
    onMarked: () => void;
  }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#deployments = options.deployments;
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#sweepEveryMs = options.sweepEveryMs ?? 0;
    this.#onMarked = options.onMarked;
  }

  /** Some users' rows changed, and these segments depend on more than a user's own rows. */
  changed(segmentIds: string[]): void {
    for (const id of segmentIds) this.#whole.add(id);
  }

  async turn(): Promise<Next> {
    // One process is enough: its marks are for the owners of the users.
    if (!this.#slots.leads()) return 'when-woken';
    const now = await this.#store.now();
    if (now >= this.#pruneAt) {
      await this.#store.pruneIdempotent(now - IDEMPOTENCY_MS);
      this.#pruneAt = now + PRUNE_EVERY_MS;
    }
    const deployment = await this.#deployments.active();
    if (!deployment) return 'when-woken';
    const due = await this.#dueTimes(deployment, now);
    for (const id of this.#whole) due.set(id, Math.min(due.get(id) ?? Number.POSITIVE_INFINITY, now));
    this.#whole.clear();
    for (const segment of deployment.manifest.segments) {
      if ((due.get(segment.id) ?? Number.POSITIVE_INFINITY) > now) continue;
      await this.#evaluate(deployment, segment, now);
      const next = nextTime(segment, { last: now, leastMs: this.#sweepEveryMs });
      if (next === undefined) due.delete(segment.id);
      else due.set(segment.id, next);
    }
    const at = Math.min(this.#pruneAt, ...due.values());
    // The database's clock and this process's may differ: sleep for the length of time.
    return { at: this.#clock.now() + Math.max(at - now, this.#whole.size > 0 ? WHOLE_EVERY_MS : 0) };
  }

  async #evaluate(deployment: Deployment, segment: ManifestSegment, now: number): Promise<void> {
    try {
      const [query] = segment.volatile
        ? await this.#host.segmentQueries(deployment.bundle, [segment.id], now)
        : [segment];
      const marked = await this.#store.markSegmentChanges(query ?? segment);
      if (marked > 0) crashPoint('sweep:after-marks');
      await this.#store.setEvaluated(segment.id, now);
      if (marked > 0) this.#onMarked();
    } catch (error) {
      this.#log.error(
        `segment ${segment.id} could not be evaluated for everyone: ${messageOf(error)}`,
        error,
      );
    }
  }

  async #dueTimes(deployment: Deployment, now: number): Promise<Map<string, number>> {
    const key = `${deployment.id} ${deployment.activatedAt}`;
    if (this.#plan?.deploymentId === key) return this.#plan.due;
    const evaluated = new Map(
      (await this.#store.counts()).segments.map(({ id, evaluatedAt }) => [id, evaluatedAt]),
    );
    const due = new Map<string, number>();
    for (const segment of deployment.manifest.segments) {
      const last = evaluated.get(segment.id);
      const next = nextTime(segment, {
        last: last ?? deployment.activatedAt,
        leastMs: this.#sweepEveryMs,
      });
      if (next !== undefined) due.set(segment.id, next);
      // One evaluation at the start finds what changed while no process ran, or since a crash.
      else if (!segment.facts.ownRowsOnly) due.set(segment.id, now);
    }
    this.#plan = { deploymentId: key, due };
    return due;
  }
}

// --- internal ------------------------------------------------------------------------------------

/**
 * When to evaluate the segment for everyone after `last`; not before `leastMs` have passed, except
 * by cron.
 */
function nextTime(
  segment: ManifestSegment,
  { last, leastMs }: { last: number; leastMs: number },
): number | undefined {
  const { everyMs, cron } = segment.triggers;
  const times: number[] = [];
  if (everyMs !== undefined) times.push(last + Math.max(everyMs, leastMs));
  if (cron !== undefined) {
    const next = new Cron(cron, { timezone: 'UTC', paused: true }).nextRun(new Date(last));
    if (next) times.push(next.getTime());
  }
  if (times.length === 0 && segment.timeDependent)
    times.push(last + Math.max(TIME_DEPENDENT_EVERY_MS, leastMs));
  return times.length > 0 ? Math.min(...times) : undefined;
}
