import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/*
 * Watches folders, never files. An editor that saves by renaming a new file into place leaves a
 * file's watch on the old inode, while the folder's watch sees the name. There is one non-recursive
 * watch a folder, so node_modules costs none. A burst of changes (a checkout, a formatter) is
 * reported once, after `quietMs` without changes.
 */

export interface ProjectWatch {
  /**
   * Also watches the folders of these files, and reports their changes whatever the files' names.
   */
  follow(files: readonly string[]): void;
  close(): void;
}

export function watchProject(root: string, onChange: () => void, quietMs = 50): ProjectWatch {
  const watchers = new Map<string, FSWatcher>();
  let followed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function add(folder: string): void {
    if (closed || watchers.has(folder) || watchers.size >= MAX_FOLDERS) return;
    try {
      const watcher = watch(folder, (_type, name) => changed(folder, name));
      watcher.on('error', () => drop(folder));
      watchers.set(folder, watcher);
    } catch {
      // The folder is gone again, or unreadable; then it has nothing to watch.
    }
  }

  function addTree(folder: string): void {
    const waiting = [folder];
    for (
      let next = waiting.shift();
      next !== undefined && watchers.size < MAX_FOLDERS;
      next = waiting.shift()
    ) {
      add(next);
      waiting.push(...subfolders(next));
    }
  }

  function drop(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  function changed(folder: string, name: string | null): void {
    if (closed) return;
    const path = name === null ? folder : join(folder, name);
    const isFolder = kindOf(path) === 'folder';
    if (isFolder && !ignoredFolder(basename(path))) {
      // A folder that was created again under a known name has a new inode, which the old watch
      // does not see.
      if (name !== null) drop(path);
      addTree(path);
    } else if (!followed.has(path) && (isFolder || !mayMatter(path))) {
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(onChange, quietMs);
  }

  addTree(root);
  return {
    follow(files) {
      followed = new Set(files);
      for (const file of files) add(dirname(file));
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const folder of [...watchers.keys()]) drop(folder);
    },
  };
}

// Each folder costs one inotify watch, and Linux's oldest default limit is 8,192 a user.
const MAX_FOLDERS = 2000;

const SOURCE = /\.(?:[cm]?[jt]sx?|json5?|css|html?|svg|png|jpe?g|gif|webp|avif|txt|md|mdx|ya?ml|toml)$/i;

function mayMatter(path: string): boolean {
  const name = basename(path);
  if (name.startsWith('.')) return name.startsWith('.env') && !name.endsWith('~') && !name.endsWith('.swp');
  // A removed name without an extension may have been a folder.
  return SOURCE.test(name) || (!name.includes('.') && kindOf(path) === 'gone');
}

// Folders with a leading dot hold .git, editors' files and .segflow, which a running server writes
// to all the time.
function ignoredFolder(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !ignoredFolder(entry.name))
      .map((entry) => join(folder, entry.name));
  } catch {
    return [];
  }
}

function kindOf(path: string): 'folder' | 'file' | 'gone' {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch {
    return 'gone';
  }
}
