import { formatDuration } from '../../core/duration.ts';
import type { Log } from '../ports/log.ts';

/**
 * A database outage, logged once instead of by every worker. It begins with the first worker that
 * fails and ends when every worker that failed has completed a turn: a worker without work would
 * not notice that the database is still away.
 */
export class Outage {
  #log: Log;
  #since = 0;
  #failing = new Set<object>();
  #said = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  failed(worker: { name: string }, message: string, now: number): void {
    if (this.#failing.size === 0) this.#since = now;
    this.#failing.add(worker);
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#log.error(`${worker.name}: ${message}; trying again until it works`);
  }

  passed(worker: object, now: number): void {
    if (!this.#failing.delete(worker) || this.#failing.size > 0) return;
    this.#said.clear();
    const seconds = Math.max(1, Math.round((now - this.#since) / 1000));
    this.#log.info(`the database works again, after ${formatDuration(seconds * 1000)}`);
  }
}
