import { Database } from 'bun:sqlite';
import { closeSync, existsSync, openSync } from 'node:fs';
import { SegflowError } from '../core/errors.ts';

/*
 * A backup is the embedded store's database in one file, with one more table: a label. The label
 * says when the backup was started, and holds the files of the data folder that the database needs
 * elsewhere.
 */

export interface BackupLabel {
  /** 1 */
  format: number;
  /**
   * When the backup was started, epoch milliseconds; the backup holds everything committed before.
   */
  backedUpAt: number;
  /** Version of the Segflow that wrote it. */
  version: string;
  /** The secret that encrypts the captured environments; null when it came from SEGFLOW_SECRET. */
  secret: string | null;
  /** The API key of clients; null when it came from SEGFLOW_API_KEY. */
  apiKey: string | null;
}

const FORMAT = 1;

export function writeLabel(path: string, label: Omit<BackupLabel, 'format'>): void {
  const db = new Database(path, { readwrite: true });
  try {
    db.run('pragma journal_mode = delete');
    db.run('create table backup_label (value text not null) strict');
    db.query('insert into backup_label (value) values (?)').run(JSON.stringify({ format: FORMAT, ...label }));
  } finally {
    db.close(true);
  }
}

/** Undefined when the file is not a backup of Segflow. */
export function readLabel(path: string): BackupLabel | undefined {
  if (!existsSync(path)) {
    throw new SegflowError('not_found', `there is no file ${path}`, {
      hint: 'Give a file that segflow backup wrote, and that this user may read.',
    });
  }
  // SQLite's error does not say that this user may not read the file.
  closeSync(openSync(path, 'r'));
  let db: Database | undefined;
  try {
    db = new Database(path, { readonly: true });
    const row = db.query<{ value: string }, []>('select value from backup_label').get();
    return row === null ? undefined : (JSON.parse(row.value) as BackupLabel);
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}

/** The label of a file for a restore. Throws `invalid_input`. */
export function labelOf(path: string): BackupLabel {
  const label = readLabel(path);
  if (!label) {
    throw new SegflowError('invalid_input', `${path} is not a backup of Segflow, or it is damaged`, {
      hint: 'Backups are made with segflow backup FILE.',
    });
  }
  if (label.format > FORMAT) {
    throw new SegflowError('invalid_input', `${path} was made by Segflow ${label.version}`, {
      hint: 'Restore it with that version, or a newer one.',
    });
  }
  return label;
}

/** Removes the label, and the secrets in it, from a copy of a backup. */
export function removeLabel(path: string): void {
  const db = new Database(path, { readwrite: true });
  try {
    db.run('pragma secure_delete = on');
    db.run('drop table backup_label');
  } finally {
    db.close(true);
  }
}
