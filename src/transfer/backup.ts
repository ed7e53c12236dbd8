import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { crashPoint } from '../core/crash-point.ts';
import { SegflowError } from '../core/errors.ts';
import { createSecretBox } from '../engine/deployments/secret-box.ts';
import type { Moved } from '../store/driver/instance-state.ts';
import { toTime } from '../store/driver/times.ts';
import { databaseFile, hasStore } from '../store/sqlite/database-file.ts';
import { readLabel, writeLabel } from './backup-label.ts';
import { type Contents, checkDatabase } from './check.ts';
import { moveInto, removeDatabase, temporaryBeside } from './durable-files.ts';
import { type OnProgress, watched } from './progress.ts';
import { sqlApart } from './sql-apart.ts';

export interface BackupOptions {
  dataDir: string;
  file: string;
  environment: Record<string, string | undefined>;
  version: string;
  clock: Clock;
  onProgress: OnProgress;
}

export interface BackupResult {
  file: string;
  bytes: number;
  /** Epoch milliseconds. */
  backedUpAt: number;
  contents: Contents;
  /**
   * Whether the file holds the secret that encrypts the captured environments. False: only
   * SEGFLOW_SECRET has it.
   */
  secret: boolean;
  apiKey: boolean;
}

/**
 * Writes the embedded store of a data folder, as of one moment, to one file, whether or not a
 * server uses the store. SQLite's readers and writers do not wait for each other, so nothing stops.
 * The file gets its name once it is complete, on disk and checked; a failure before that leaves at
 * most a `.tmp` file. Throws `not_found`, `conflict`, `unavailable`.
 */
export async function backup(options: BackupOptions): Promise<BackupResult> {
  const source = databaseFile(options.dataDir);
  const file = resolve(options.file);
  if (!hasStore(options.dataDir)) {
    throw new SegflowError('not_found', `there is no embedded store in ${resolve(options.dataDir)}`, {
      hint: 'Name the data folder with --data. A MySQL database is backed up with its own tools.',
    });
  }
  await refuseMoved(source);
  await mkdir(dirname(file), { recursive: true });
  await refuseOther(source, file);
  const temporary = await temporaryBeside(file);
  try {
    const backedUpAt = options.clock.now();
    const total = sizeOf(source) + sizeOf(`${source}-wal`);
    await watched(sqlApart(source, 'vacuum into ?', [temporary]), () =>
      options.onProgress('copying', Math.min(sizeOf(temporary), total), total),
    );
    const secret = await secretOf(options, temporary);
    const apiKey = options.environment.SEGFLOW_API_KEY ? null : await textOf(options.dataDir, 'api-key');
    writeLabel(temporary, { backedUpAt, version: options.version, secret, apiKey });
    const contents = await watched(checkDatabase(temporary), () => options.onProgress('checking', 0, 0));
    crashPoint('backup:before-rename');
    await moveInto(temporary, file);
    return {
      file,
      bytes: sizeOf(file),
      backedUpAt,
      contents,
      secret: secret !== null,
      apiKey: apiKey !== null,
    };
  } finally {
    await removeDatabase(temporary);
  }
}

/**
 * Refuses to back up a store that was moved: a job that keeps backing up an unused store would be
 * noticed only when a backup is needed.
 */
async function refuseMoved(source: string): Promise<void> {
  const [value] = await sqlApart(source, "select value from instance_state where name = 'moved'");
  if (value === undefined) return;
  const { to, at } = JSON.parse(String(value)) as Moved;
  throw new SegflowError('conflict', `this instance was moved to ${to} at ${toTime(at).slice(0, 16)} UTC`, {
    hint: 'Back it up there. To keep this old store, copy its folder.',
  });
}

/** Only an earlier backup may be overwritten, not the store itself nor any other file. */
async function refuseOther(source: string, file: string): Promise<void> {
  if (!existsSync(file)) return;
  if ((await realpath(file)) === (await realpath(source)) || !readLabel(file)) {
    throw new SegflowError('conflict', `${file} exists and is not a backup`, {
      hint: 'Choose another file: only an earlier backup may be overwritten.',
    });
  }
}

/** The data folder's secret, if that is the one in use. */
async function secretOf(options: BackupOptions, database: string): Promise<string | null> {
  if (options.environment.SEGFLOW_SECRET) return null;
  const secret = await textOf(options.dataDir, 'secret');
  if (secret === null) return null;
  const sealed = latestEnvironment(database);
  if (sealed === undefined) return secret;
  try {
    await (await createSecretBox(secret)).open(sealed);
    return secret;
  } catch {
    return null;
  }
}

function latestEnvironment(database: string): string | undefined {
  const db = new Database(database, { readonly: true });
  try {
    const query = 'select environment from deployments order by activated_at desc limit 1';
    return db.query<{ environment: string }, []>(query).get()?.environment;
  } finally {
    db.close();
  }
}

async function textOf(dataDir: string, name: string): Promise<string | null> {
  try {
    return (await readFile(join(resolve(dataDir), name), 'utf8')).trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
