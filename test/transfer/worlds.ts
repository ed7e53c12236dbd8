import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../src/host/pool/pool.ts';
import { openStore } from '../../src/store/open.ts';
import { backup } from '../../src/transfer/backup.ts';
import { type RestoreOptions, type RestoreResult, restore } from '../../src/transfer/restore.ts';
import { World } from '../engine/world.ts';
import { testClock } from '../helpers/clock.ts';
import { evidence, isWitnessed } from '../helpers/evidence.ts';
import { type Postmark, startPostmark } from '../helpers/postmark.ts';
import { rowsOfFile } from '../helpers/store-rows.ts';

/** An instance with an embedded store on disk, on a clock that stands still; its backups, and what is restored from them. */
export class Site implements AsyncDisposable {
  readonly folder: string;
  readonly clock = testClock();
  readonly postmark: Postmark;
  #open = new Set<World>();

  static async make(): Promise<Site> {
    return new Site(await mkdtemp(join(tmpdir(), 'segflow-site-')), await startPostmark());
  }

  private constructor(folder: string, postmark: Postmark) {
    this.folder = folder;
    this.postmark = postmark;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** An engine on the store in this folder. */
  async world(name: string): Promise<World> {
    const { clock, postmark } = this;
    const store = await openStore({ dataDir: this.path(name), clock });
    const host = createHost({ processes: 1, log: () => {} });
    const world = new World({ clock, postmark, store, host });
    this.#open.add(world);
    await world.start();
    return world;
  }

  /** Ends the engine; the provider stays. */
  async end(world: World): Promise<void> {
    this.#open.delete(world);
    await world.engine.stop();
    await world.host.close();
    await world.store.close();
  }

  async backup(name: string, file = 'backup'): Promise<string> {
    const path = this.path(file);
    await backup({
      dataDir: this.path(name),
      file: path,
      environment: { SEGFLOW_SECRET: 'test' },
      version: '0.0.0',
      clock: this.clock,
      onProgress: () => {},
    });
    return path;
  }

  restore(file: string, name: string, options: Partial<RestoreOptions> = {}): Promise<RestoreResult> {
    return restore({
      file: this.path(file),
      dataDir: this.path(name),
      force: false,
      askForMs: null,
      clock: this.clock,
      onProgress: () => {},
      ...options,
    });
  }

  /** What left, as "template → address", sorted. */
  get mail(): string[] {
    return this.postmark.accepted.map(({ message }) => `${message.Tag} → ${message.To}`).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const world of this.#open) await this.end(world);
    await this.postmark[Symbol.asyncDispose]();
    for (const name of isWitnessed() ? readdirSync(this.folder) : []) {
      const rows = rowsOfFile(join(this.folder, name, 'segflow.db'));
      evidence(`the store in ${name}`, () => rows);
    }
    await rm(this.folder, { recursive: true });
  }
}
