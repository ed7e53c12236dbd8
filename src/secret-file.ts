import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf, SegflowError } from './core/errors.ts';

/**
 * The secret in the file `path` (one line, mode 0600), created on first use: 256 random bits as
 * hex. The file is written completely under another name and then linked, so a crash never leaves
 * half a secret, and two processes that start together agree on one.
 */
export async function readOrCreateSecret(path: string): Promise<{ value: string; isNew: boolean }> {
  const existing = await read(path);
  if (existing !== undefined) return { value: existing, isNew: false };
  const value = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${value}\n`, { mode: 0o600, flag: 'w', flush: true });
  try {
    await link(temporary, path);
    return { value, isNew: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { value: (await read(path))!, isNew: false };
  } finally {
    await unlink(temporary);
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    const value = (await readFile(path, 'utf8')).trim();
    if (value === '') {
      throw new SegflowError('invalid_input', `the file ${path} is empty`, {
        hint: 'Restore it from a backup, or delete it to have a new secret made.',
      });
    }
    return value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw SegflowError.is(error) ? error : unreadable(path, error);
  }
}

/**
 * A server that was once started by another user, such as root, leaves files that only that user
 * can read.
 */
function unreadable(path: string, cause: unknown): SegflowError {
  const variable = basename(path) === 'api-key' ? 'SEGFLOW_API_KEY' : 'SEGFLOW_SECRET';
  return new SegflowError('invalid_input', `the file ${path} cannot be read: ${messageOf(cause)}`, {
    hint: `It must be a file that ${userName()} may read: give it to that user (chown), serve as the user who owns it, or set ${variable} instead.`,
    cause,
  });
}

function userName(): string {
  const uid = process.getuid?.();
  return uid === undefined ? 'the user of this process' : `the user of this process (id ${uid})`;
}
