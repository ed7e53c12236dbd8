// Debian packages that some tests need, installed only where that is safe to do unasked: as root on Debian.
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ending, lastLines, run } from '../../bin/setup.mjs';

/** Path of the first of `names` that is an executable on the PATH (or in the usual places of a server's programs). */
export function findProgram(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin'];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Look further.
      }
    }
  }
  return undefined;
}

/** Whether packages may be installed here; otherwise why not. */
export function whyNoApt() {
  if (process.platform !== 'linux' || !findProgram('apt-get')) return 'this is not Debian';
  if (process.getuid?.() !== 0) return 'not running as root';
  return /^ID=debian$/m.test(osRelease()) ? undefined : 'this is not Debian';
}

/** Installs Debian packages. Throws with the reason. */
export async function aptInstall(packages, log) {
  const refusal = whyNoApt();
  if (refusal) throw new Error(`${packages.join(', ')} cannot be installed here: ${refusal}`);
  updated ??= apt(['update']);
  await updated;
  log(`installing ${packages.join(', ')} from Debian`);
  await apt(['install', '-y', '--no-install-recommends', ...packages]);
}

// --- internal ---

let updated;

async function apt(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env,
    timeoutMs: 600_000,
  });
  if (result.code !== 0) {
    throw new Error(`apt-get ${args.join(' ')} failed (${ending(result)}):\n${lastLines(result.output, 10)}`);
  }
}

function osRelease() {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
