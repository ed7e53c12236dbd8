import type { SegflowConfig } from '../config/types.ts';
import { type Duration, durationMs, parseDuration } from '../core/duration.ts';
import { SegflowError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Engine } from '../engine/engine.ts';
import type { IngestOperation } from '../engine/ingest/operations.ts';
import type { Problem } from '../engine/ports/manifest.ts';
import type { MessageView, RunView } from '../engine/ports/reads.ts';
import { parseJournal } from '../flow/journal/journal.ts';
import type { InProcessHost } from './in-process-host.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { MessageFilter, RunFilter, SimulatedMessage, SimulatedRun, Simulation } from './simulation.ts';

/** A running simulation. */
export class RunningSimulation<A extends object> implements Simulation<A> {
  #engine: Engine;
  #host: InProcessHost;
  #clock: SimulatedClock;
  #errors: SegflowError[];
  #resolutionMs: number;
  #release: () => Promise<void>;
  #users = new Set<string>();
  #advancing = false;

  constructor(parts: {
    engine: Engine;
    host: InProcessHost;
    clock: SimulatedClock;
    /** The errors that the engine reports. */
    errors: SegflowError[];
    /** The clock's step, in milliseconds. */
    resolutionMs: number;
    release: () => Promise<void>;
  }) {
    this.#engine = parts.engine;
    this.#host = parts.host;
    this.#clock = parts.clock;
    this.#errors = parts.errors;
    this.#resolutionMs = parts.resolutionMs;
    this.#release = parts.release;
  }

  get now(): Date {
    return new Date(this.#clock.now());
  }

  async addUser(id: string, attributes: A): Promise<void> {
    this.#users.add(id);
    await this.#submit({ type: 'user', id, attributes: plain(attributes), mode: 'upsert' });
  }

  async updateUser(id: string, attributes: { [K in keyof A]?: A[K] | null }): Promise<void> {
    await this.#submit({ type: 'user', id, attributes: plain(attributes), mode: 'merge' });
  }

  async deleteUser(id: string): Promise<void> {
    await this.#submit({ type: 'delete', id });
  }

  async emit(userId: string, event: string, attributes: Record<string, unknown> = {}): Promise<void> {
    await this.#submit({ type: 'event', userId, name: event, attributes: plain(attributes) });
  }

  async advance(duration: string | Duration): Promise<void> {
    await this.advanceTo(this.#clock.now() + lengthOf(duration));
  }

  async advanceTo(date: Date | string | number): Promise<void> {
    const end = timeOf(date);
    if (end < this.#clock.now()) {
      throw new SegflowError(
        'invalid_input',
        `it is already ${this.now.toISOString()}: time cannot go back to ${new Date(end).toISOString()}`,
      );
    }
    this.#refuseUnlessReady();
    this.#advancing = true;
    try {
      await this.#settle();
      for (
        let [next] = this.#clock.sleeping;
        next !== undefined && next <= end;
        [next] = this.#clock.sleeping
      ) {
        const step = Math.ceil(next / this.#resolutionMs) * this.#resolutionMs;
        this.#clock.set(Math.min(Math.max(step, this.#clock.now()), end));
        await this.#settle();
      }
      this.#clock.set(end);
      await this.#settle();
    } finally {
      this.#advancing = false;
    }
  }

  async messages(filter: MessageFilter = {}): Promise<SimulatedMessage[]> {
    const { user, template, campaign, status = 'sent' } = filter;
    const views = await this.#engine.store.listMessages({
      ...(user !== undefined && { userId: user }),
      ...(template !== undefined && { template }),
      ...(campaign !== undefined && { campaignId: campaign }),
      ...(status !== 'any' && { status }),
      limit: EVERYTHING,
    });
    const ordinals = new Map(views.map(({ id }) => [id, this.#host.ordinal(id)]));
    return views
      .map((view) => this.#messageOf(view))
      .sort((a, b) => a.at.getTime() - b.at.getTime() || ordinals.get(a.id)! - ordinals.get(b.id)!);
  }

  async runs(filter: RunFilter = {}): Promise<SimulatedRun[]> {
    const { user, campaign, status } = filter;
    const views: RunView[] = [];
    for (const id of user === undefined ? this.#users : [user]) {
      views.push(...(await this.#engine.store.runsOfUser(id, EVERYTHING)));
    }
    return views
      .filter((run) => campaign === undefined || run.campaignId === campaign)
      .filter((run) => status === undefined || run.status === status)
      .sort((a, b) => a.enteredAt - b.enteredAt || a.id - b.id)
      .map(runOf);
  }

  async segments(userId: string): Promise<string[]> {
    return (await this.#engine.store.memberships([userId])).map(({ segmentId }) => segmentId).sort();
  }

  async push(config: SegflowConfig<A>): Promise<void> {
    this.#refuseUnlessReady();
    try {
      await this.#engine.push({ code: this.#host.load(config), environment: {} });
    } catch (error) {
      throw withProblems(error);
    }
    await this.#settle();
  }

  async close(): Promise<void> {
    await this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #submit(operation: IngestOperation): Promise<void> {
    this.#refuseUnlessReady();
    const [result] = await this.#engine.ingest.submit({ operations: [operation] });
    if (result && !result.ok)
      throw new SegflowError(result.error.code, result.error.message, { hint: HINT_UNKNOWN_USER });
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#engine.settled();
    const error = this.#host.over ?? this.#errors.shift();
    if (error) throw error;
  }

  /** Refuses calls while time passes, because their time would be random. */
  #refuseUnlessReady(): void {
    if (this.#host.over) throw this.#host.over;
    if (this.#advancing) {
      throw new SegflowError('conflict', 'time is passing: await advance() before the next call');
    }
  }

  #messageOf(view: MessageView): SimulatedMessage {
    const email = () => this.#host.email(view.id);
    return {
      id: view.id,
      userId: view.userId,
      template: view.template,
      campaign: view.campaignId,
      to: view.to,
      subject: view.subject,
      status: view.status,
      reason: view.reason,
      at: new Date(view.sentAt ?? view.createdAt),
      html: async () => (await email()).html,
      text: async () => (await email()).text,
    };
  }
}

/** Converts a time in any of its convenient forms to epoch milliseconds. Throws `invalid_input`. */
export function timeOf(value: Date | string | number): number {
  const time = new Date(value).getTime();
  if (Number.isNaN(time)) throw new SegflowError('invalid_input', `"${String(value)}" is not a date`);
  return time;
}

/** Converts a length of time to milliseconds. Throws `invalid_input`. */
export function lengthOf(duration: string | Duration): number {
  if (typeof duration !== 'string') return durationMs(duration);
  const length = parseDuration(duration);
  if (length === undefined) {
    throw new SegflowError('invalid_input', `"${duration}" is not a length of time`, {
      hint: "Write for example '30 days', '36h' or { days: 30 }.",
    });
  }
  return length;
}

// --- internal ---

/** Test output shows an error's message completely, but its details only in part. */
function withProblems(error: unknown): unknown {
  if (!SegflowError.is(error) || error.code !== 'invalid_config' || !Array.isArray(error.details))
    return error;
  const lines = (error.details as Problem[]).map(
    ({ path, message, hint }) => `  ${path}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
  return new SegflowError(error.code, `${error.message}:\n${lines.join('\n')}`, { details: error.details });
}

const EVERYTHING = Number.MAX_SAFE_INTEGER;
const HINT_UNKNOWN_USER = "Add the user first: await simulation.addUser('…', { … }).";

/** Converts values as a client would send them: dates as text, no undefined, no functions. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

function runOf(run: RunView): SimulatedRun {
  return {
    userId: run.userId,
    campaign: run.campaignId,
    entry: run.entry,
    status: run.status,
    reason: run.reason,
    enteredAt: new Date(run.enteredAt),
    endedAt: run.endedAt === null ? null : new Date(run.endedAt),
    wakesAt: run.wakeAt === null ? null : new Date(run.wakeAt),
    steps: parseJournal(run.journal).entries.map(({ kind, key }) => `${kind} ${key}`),
  };
}
