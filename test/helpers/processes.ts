import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessInfo {
  pid: number;
  parent: number;
  command: string;
  /** Resident memory that is the process's own share (PSS), bytes. */
  memory: number;
}

/** The living processes whose program is the file at `path`. Linux only: elsewhere none are found. */
export function processesOf(path: string): ProcessInfo[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && programOf(name) === path)
    .map((name) => ({
      pid: Number(name),
      parent: Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1] ?? 0),
      command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim(),
      memory: 1024 * Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${name}/smaps_rollup`))?.[1] ?? 0),
    }));
}

/** Processes of the program at `path` that whoever started them has left alone: neither this process nor another of the program. */
export function orphansOf(path: string): ProcessInfo[] {
  const all = processesOf(path);
  return all.filter(({ parent }) => parent !== process.pid && !all.some(({ pid }) => pid === parent));
}

// --- internal ---

/** Undefined for a process that has ended, also one not yet waited for. */
function programOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
