import { access, mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { occasionOf } from '../../core/ids.ts';
import type { MailProvider, OutgoingEmail, SendResult } from '../../engine/ports/mail.ts';
import { mimeMessage } from '../compose.ts';

/*
 * Mail as files: `<message id>.eml` in one folder. Ids start with their creation time, so names
 * sort by time.
 *
 * A complete file is flushed to disk and then renamed to its name, so a message either has its
 * whole file or none. A crash leaves at most a `.tmp` file, which the next attempt overwrites. A
 * message that has its file is not written again.
 */

const BATCH_SIZE = 100;
const AT_ONCE = 8;

export function createFileProvider({ directory }: { directory: string }): MailProvider {
  return {
    name: 'file',
    batchSize: BATCH_SIZE,

    async send(emails) {
      const results: SendResult[] = new Array(emails.length);
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
      } catch (error) {
        return emails.map(() => failed(directory, error));
      }
      let next = 0;
      const work = async () => {
        for (let index = next++; index < emails.length; index = next++) {
          results[index] = await write(directory, emails[index]!);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      try {
        await syncFolder(directory);
      } catch (error) {
        return emails.map(() => failed(directory, error));
      }
      return results;
    },

    async find(messageIds, by = 'id') {
      const found = new Map<string, string>();
      if (by === 'occasion') {
        const files = new Map((await namesIn(directory)).map((name) => [occasionOf(name), name]));
        for (const id of messageIds) {
          const name = files.get(occasionOf(id));
          if (name !== undefined) found.set(id, name);
        }
        return found;
      }
      for (const id of messageIds) {
        if (await exists(join(directory, fileName(id)))) found.set(id, fileName(id));
      }
      return found;
    },
  };
}

async function write(directory: string, email: OutgoingEmail): Promise<SendResult> {
  try {
    const name = fileName(email.id);
    const path = join(directory, name);
    if (await exists(path)) return { status: 'sent', providerId: name };
    const content = await mimeMessage(email);
    const temporary = join(directory, `.${name}.tmp`);
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
    return { status: 'sent', providerId: name };
  } catch (error) {
    return failed(directory, error);
  }
}

/** Makes the names in the folder survive a power cut. */
async function syncFolder(directory: string): Promise<void> {
  await using folder = await open(directory, 'r');
  await folder.sync();
}

function fileName(id: string): string {
  if (!/^[\w-]+$/.test(id)) throw new SegflowError('invalid_input', `"${id}" is no message id`);
  return `${id}.eml`;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith('.eml'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new SegflowError('provider_error', `${directory} cannot be looked at: ${messageOf(error)}`, {
      hint: 'Check that Segflow may read the folder of the outbox.',
      cause: error,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new SegflowError('provider_error', `${path} cannot be looked at: ${messageOf(error)}`, {
      hint: 'Check that Segflow may read the folder of the outbox.',
      cause: error,
    });
  }
}

function failed(directory: string, error: unknown): SendResult {
  return { status: 'retry', reason: `no mail can be written to ${directory}: ${messageOf(error)}` };
}
