import { lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Gives files that root created in another user's data folder (such as a service's) to that user.
 * Otherwise the service could not use them.
 */
export function giveToOwner(dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  if (uid !== 0) give(dataDir, uid, gid);
}

/** Never follows a symbolic link: its target may belong to anybody. */
function give(folder: string, uid: number, gid: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    lchownSync(path, uid, gid);
    if (entry.isDirectory()) give(path, uid, gid);
  }
}
