import { Database } from 'bun:sqlite';
import { SegflowError } from '../core/errors.ts';
import { sqlApart } from './sql-apart.ts';

/** Counts of the rows that users of Segflow know about. */
export interface Contents {
  users: number;
  events: number;
  runs: number;
  messages: number;
  deployments: number;
}

/**
 * Checks every page of a database file, and compares the counts that Segflow keeps with the actual
 * rows. Both are committed together, so a file in which they differ is not one moment of the
 * original. Throws `unavailable`.
 */
export async function checkDatabase(path: string): Promise<Contents> {
  const findings = await sqlApart(path, 'pragma integrity_check(20)');
  if (findings.length !== 1 || findings[0] !== 'ok') {
    throw damaged(path, findings.join('; '));
  }
  const db = new Database(path, { readonly: true });
  try {
    const count = (table: string) =>
      db.query<{ n: number }, []>(`select count(*) as n from ${table}`).get()!.n;
    const kept = (names: string) =>
      db
        .query<{ n: number }, [string]>('select coalesce(sum(value), 0) as n from counters where name like ?')
        .get(names)!.n;
    const contents = {
      users: count('users'),
      events: count('events'),
      runs: count('runs'),
      messages: count('messages'),
      deployments: count('deployments'),
    };
    const expected = {
      users: kept('users'),
      events: kept('events'),
      runs: kept('run:%'),
      messages: kept('message:%'),
    };
    for (const [table, rows] of Object.entries(expected)) {
      const found = contents[table as keyof Contents];
      if (found !== rows) throw damaged(path, `${table}: ${found} rows where ${rows} were counted`);
    }
    return contents;
  } finally {
    db.close();
  }
}

function damaged(path: string, what: string): SegflowError {
  return new SegflowError('unavailable', `the database ${path} is damaged: ${what}`, {
    hint: 'Nothing was changed. Check the disk; use an earlier backup.',
  });
}
