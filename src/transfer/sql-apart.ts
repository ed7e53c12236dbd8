import { SegflowError } from '../core/errors.ts';

/**
 * Runs one statement on a database file in a separate thread. The statement may take minutes, and
 * meanwhile progress is shown and signals are handled. Resolves to the first column of the rows.
 * Throws `unavailable` with SQLite's message.
 */
export async function sqlApart(
  path: string,
  statement: string,
  params: (string | number)[] = [],
): Promise<unknown[]> {
  // The worker is created from text, because the executable contains no file to start a worker
  // from.
  const source = URL.createObjectURL(new Blob([WORKER], { type: 'application/typescript' }));
  const worker = new Worker(source);
  try {
    const answer = await new Promise<{ values?: unknown[]; error?: string }>((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => resolve({ error: message });
      worker.postMessage({ path, statement, params });
    });
    if (answer.values) return answer.values;
    throw new SegflowError('unavailable', `the database ${path} refused: ${answer.error}`, {
      hint: 'Check the disk and its free space, and that this user may read and write there.',
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(source);
  }
}

const WORKER = `
import { Database } from 'bun:sqlite';
self.onmessage = ({ data: { path, statement, params } }) => {
  try {
    const db = new Database(path, { readwrite: true });
    db.run('pragma busy_timeout = 5000');
    const values = db.query(statement).values(...params).map((row) => row[0]);
    db.close(true);
    postMessage({ values });
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};`;
