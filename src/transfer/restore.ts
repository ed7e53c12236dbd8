import { Database } from 'bun:sqlite';
import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Clock } from '../core/clock.ts';
import { crashPoint } from '../core/crash-point.ts';
import { SegflowError } from '../core/errors.ts';
import { messages } from '../schema/index.ts';
import type { Connection } from '../store/driver/driver.ts';
import { type RestoredFact, readFact, removeFact, writeFact } from '../store/driver/instance-state.ts';
import { prepared, rows, run } from '../store/driver/statement.ts';
import { tally } from '../store/driver/tally.ts';
import { toTime } from '../store/driver/times.ts';
import { databaseFile, hasStore } from '../store/sqlite/database-file.ts';
import { openSqlite } from '../store/sqlite/driver.ts';
import { forgetMark } from '../store/sqlite/folder-mark.ts';
import { giveToOwner } from '../store/sqlite/folder-owner.ts';
import { lockFolder } from '../store/sqlite/lock.ts';
import { migrateSqlite } from '../store/sqlite/migrate.ts';
import { sqliteMigrations } from '../store/sqlite/migrations.ts';
import { type BackupLabel, labelOf, removeLabel } from './backup-label.ts';
import { type Contents, checkDatabase } from './check.ts';
import { linkIfThere, moveInto, removeDatabase, sync, temporaryBeside } from './durable-files.ts';
import { type OnProgress, watched } from './progress.ts';

export interface RestoreOptions {
  file: string;
  dataDir: string;
  /** Replace an existing store; the old store is kept in a folder next to it. */
  force: boolean;
  /**
   * How long a provider may need to register the original's last messages, ms. Default: a minute,
   * as for a crash.
   */
  settleAfterMs?: number | undefined;
  /**
   * How long the provider is asked before a message is sent, ms from the first start; null for the
   * default.
   */
  askForMs: number | null;
  clock: Clock;
  onProgress: OnProgress;
}

export interface RestoreResult {
  dataDir: string;
  backedUpAt: number;
  contents: Contents;
  /**
   * The number of messages that were being sent when the backup was started; the provider is asked
   * about each.
   */
  asked: number;
  /** The folder with the replaced store. */
  replaced: string | null;
  /** Whether the backup held the secret. False: SEGFLOW_SECRET must be set to its old value. */
  secret: boolean;
  apiKey: boolean;
}

/**
 * Puts a backup into a data folder that no process uses.
 *
 * The original continued after the backup was started, so the messages that the restored instance
 * is about to send may already have arrived. Therefore messages that were being sent become
 * `unknown`, and for a time new messages start as `unknown` too (store/instance-state), so that the
 * mail provider is asked about each before it is sent. A message's id derives from its occasion, so
 * the provider can recognise it.
 *
 * Everything is prepared in a separate file and then renamed into place, the database last. If the
 * process is killed at any moment, the folder has either the old store or the new one, and the same
 * command finishes the restore. Throws `store_locked`, `conflict`, `invalid_input`, `schema_newer`.
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const { onProgress } = options;
  const label = labelOf(options.file);
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockFolder(dataDir);
  try {
    const database = databaseFile(dataDir);
    const isOccupied = hasStore(dataDir);
    if (isOccupied && !options.force) {
      throw new SegflowError('conflict', `there is a store in ${dataDir}`, {
        hint: 'Restore into another folder with --data, or replace the store with --force; the old store is kept in a folder next to it.',
      });
    }
    const temporary = await temporaryBeside(database);
    try {
      const total = statSync(options.file).size;
      await watched(copyFile(options.file, temporary), () =>
        onProgress('copying', statSync(temporary).size, total),
      );
      onProgress('checking', 0, 0);
      removeLabel(temporary);
      const contents = await checkDatabase(temporary);
      const asked = await markRestored(temporary, label, options);
      crashPoint('restore:before-swap');
      // SQLite would read the old database's log as part of the new database.
      foldLog(database);
      const replaced = isOccupied ? await keepOld(dataDir, options.clock.now()) : null;
      for (const ending of ['-wal', '-shm', '-journal']) await rm(database + ending, { force: true });
      if (label.secret !== null) await putSecret(join(dataDir, 'secret'), label.secret);
      if (label.apiKey !== null) await putSecret(join(dataDir, 'api-key'), label.apiKey);
      crashPoint('restore:during-swap');
      forgetMark(dataDir);
      await moveInto(temporary, database);
      return {
        dataDir,
        backedUpAt: label.backedUpAt,
        contents,
        asked,
        replaced,
        secret: label.secret !== null,
        apiKey: label.apiKey !== null,
      };
    } finally {
      await removeDatabase(temporary);
    }
  } finally {
    lock.release();
    giveToOwner(dataDir);
  }
}

const SETTLE_AFTER_MS = 60_000;

/** Returns how many messages the provider must be asked about. */
async function markRestored(path: string, label: BackupLabel, options: RestoreOptions): Promise<number> {
  const { clock } = options;
  const driver = openSqlite({ path, clock });
  try {
    await migrateSqlite(driver.writer, { migrations: sqliteMigrations, clock });
    return await driver.transaction(async (connection) => {
      const on = { connection, dialect: driver.dialect };
      const now = clock.now();
      const earlier = await readFact(on, 'restored');
      const restored: RestoredFact = {
        backedUpAt: oldest(label, earlier),
        restoredAt: now,
        askFrom: now + (options.settleAfterMs ?? SETTLE_AFTER_MS),
        askForMs: options.askForMs,
        askUntil: null,
      };
      await writeFact(on, 'restored', restored);
      await removeFact(on, 'moved');
      return askAboutOpen(on, restored.askFrom);
    });
  } finally {
    await driver.close();
    makeSingleFile(path);
  }
}

/**
 * Handles a backup of an instance that was itself restored and was still asking the provider: its
 * open questions stay open.
 */
function oldest(label: BackupLabel, earlier: RestoredFact | undefined): number {
  const wasAsking = earlier && (earlier.askUntil ?? Number.POSITIVE_INFINITY) > label.backedUpAt;
  return wasAsking ? Math.min(earlier.backedUpAt, label.backedUpAt) : label.backedUpAt;
}

async function askAboutOpen(
  on: { connection: Connection; dialect: Parameters<typeof rows>[0]['dialect'] },
  at: number,
): Promise<number> {
  const counts = tally();
  let asked = 0;
  for (const row of await rows(on, openMessages, {})) {
    const count = Number(row.n);
    asked += count;
    counts.add(`message:${String(row.status)}`, -count);
    counts.add('message:unknown', count);
  }
  await run(on, askAbout, { at });
  await counts.flush(on);
  return asked;
}

const openMessages = prepared<Record<string, never>>(
  () => sql`select ${messages.status}, count(*) as ${sql.identifier('n')} from ${messages}
    where ${messages.status} in ('queued', 'sending', 'unknown') group by ${messages.status}`,
);

const askAbout = prepared<{ at: number }>(
  (
    param,
  ) => sql`update ${messages} set ${sql.identifier('status')} = 'unknown', ${sql.identifier('next_attempt_at')} = ${param('at')}
    where ${messages.status} in ('queued', 'sending', 'unknown')`,
);

/**
 * Writes the log into its database. A database that cannot be opened is beyond repair, and kept
 * unchanged.
 */
function foldLog(database: string): void {
  if (!existsSync(database)) return;
  try {
    makeSingleFile(database);
  } catch {}
}

function makeSingleFile(database: string): void {
  const db = new Database(database, { readwrite: true });
  try {
    const mode = db.query<{ journal_mode: string }, []>('pragma journal_mode = delete').get()?.journal_mode;
    if (mode !== 'delete') throw new Error(`the journal mode stays ${mode}`);
  } finally {
    db.close(true);
  }
}

/**
 * Links the existing store's files into a folder of their own, complete enough to be served from
 * there.
 */
async function keepOld(dataDir: string, now: number): Promise<string> {
  const folder = join(dataDir, `replaced-${toTime(now).replace(/[^0-9]/g, '')}`);
  await mkdir(folder, { mode: 0o700 });
  for (const name of ['segflow.db', 'segflow.db-wal', 'secret', 'api-key']) {
    await linkIfThere(join(dataDir, name), join(folder, name));
  }
  await sync(folder);
  return folder;
}

async function putSecret(path: string, value: string): Promise<void> {
  const temporary = `${path}.restored.tmp`;
  await writeFile(temporary, `${value}\n`, { mode: 0o600 });
  await sync(temporary);
  await rename(temporary, path);
}
