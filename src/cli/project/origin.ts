import { execFile } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PATIENCE_MS = 3_000;

/**
 * The origin of a config: who pushes it, from which machine, and the commit of its folder, `dirty`
 * when files differ from the commit. Unknown values are left out; a folder without git has no
 * commit.
 */
export async function pushOrigin(folder: string): Promise<Record<string, string>> {
  const [person, head, changes] = await Promise.all([
    personIn(folder),
    git(folder, 'log', '-1', '--format=%H%n%s'),
    git(folder, 'status', '--porcelain', '--untracked-files=no', '--', '.'),
  ]);
  const [commit, message] = head?.split('\n') ?? [];
  return {
    ...person,
    ...given('commit', commit),
    ...given('message', message),
    ...(commit && changes ? { dirty: 'true' } : {}),
  };
}

/** The user name and the machine. */
export async function personIn(folder: string): Promise<{ by?: string; host?: string }> {
  const name = await git(folder, 'config', 'user.name');
  return { ...given('by', name || userName()), ...given('host', hostname()) };
}

// --- internal ---

async function git(folder: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', ['-C', folder, ...args], { timeout: PATIENCE_MS });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

function userName(): string | undefined {
  try {
    const { username } = userInfo();
    return username === 'unknown' ? undefined : username;
  } catch {
    // A user id without an account, as in containers.
    return undefined;
  }
}

function given(key: string, value: string | undefined): Record<string, string> {
  return value ? { [key]: value.slice(0, 200) } : {};
}
