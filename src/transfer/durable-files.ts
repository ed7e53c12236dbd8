import { copyFile, type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Flushes a file, or a folder's list of names, from the operating system to the disk. */
export async function sync(path: string): Promise<void> {
  await using file: FileHandle = await open(path, 'r');
  await file.sync();
}

/**
 * Creates an empty file next to `path`, readable only by this user, to be renamed to `path` later.
 * Removes such files of processes that ended.
 */
export async function temporaryBeside(path: string): Promise<string> {
  const start = `.${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    const [, owner] = name.startsWith(start) ? (/^(\d+)\.tmp/.exec(name.slice(start.length)) ?? []) : [];
    if (owner !== undefined && !isAlive(Number(owner))) await rm(join(dirname(path), name), { force: true });
  }
  const temporary = join(dirname(path), `${start}${process.pid}.tmp`);
  await removeDatabase(temporary);
  await using file = await open(temporary, 'wx', 0o600);
  await file.chmod(0o600);
  return temporary;
}

/** Renames a finished file to its name atomically, and makes the name survive a power cut. */
export async function moveInto(temporary: string, path: string): Promise<void> {
  await sync(temporary);
  await rename(temporary, path);
  await sync(dirname(path));
}

/** Creates a second name for a file; does nothing if the file does not exist. */
export async function linkIfThere(path: string, second: string): Promise<void> {
  try {
    await link(path, second);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    // The file system has no links.
    await copyFile(path, second);
  }
}

/** Removes a database file with the files that SQLite keeps next to it. */
export async function removeDatabase(path: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '-journal']) await rm(path + ending, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
