import { lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What root did in the data folder of another user, such as a service's, is given to that user: else it could not be served. */
export function giveToOwner(dataDir: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dataDir);
  if (uid !== 0) give(dataDir, uid, gid);
}

/** Never what a symbolic link leads to: that may be anybody's. */
function give(folder: string, uid: number, gid: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    lchownSync(path, uid, gid);
    if (entry.isDirectory()) give(path, uid, gid);
  }
}
