import { copyFile, type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes what the operating system holds back of a file, or of a folder's list of names, to the disk. */
export async function sync(path: string): Promise<void> {
  await using file: FileHandle = await open(path, 'r');
  await file.sync();
}

/** An empty file that only this user may read, beside `path`, to be renamed to it. Removes those of processes that ended. */
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

/** Gives a finished file its name, in one step, and makes that survive a power cut. */
export async function moveInto(temporary: string, path: string): Promise<void> {
  await sync(temporary);
  await rename(temporary, path);
  await sync(dirname(path));
}

/** A second name for the same file; nothing when there is no such file. */
export async function linkIfThere(path: string, second: string): Promise<void> {
  try {
    await link(path, second);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    // A file system without links.
    await copyFile(path, second);
  }
}

/** Removes a database file with what SQLite keeps beside it. */
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
