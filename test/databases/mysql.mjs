// A real MySQL server for the tests. Debian's stable release has none, so it comes from unstable: a minimal system with the server
// program is made once with debootstrap (about a minute, 560 MB), kept in the cache folder, and the server runs in it by chroot.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ending, lastLines, ROOT, run } from '../../bin/setup.mjs';
import { aptInstall, findProgram, whyNoApt } from '../runner/apt.mjs';
import { ACCOUNT_SQL, freePort, startServer } from './server.mjs';

/** Starts it: `{ url, stop, kill, start }`. Throws with the reason it cannot. */
export async function startMysql(log = console.error) {
  const system = await prepareSystem(log);
  const name = `segflow-${process.pid}-${Date.now().toString(36)}`;
  const folder = join(system, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'init.sql'), ACCOUNT_SQL);
  const common = ['mysqld', '--no-defaults', '--user=root', `--datadir=/${name}/data`];
  const result = await run('chroot', [system, ...common, '--initialize-insecure'], { timeoutMs: 300_000 });
  if (result.code !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(
      `mysqld could not make its data folder (${ending(result)}):\n${lastLines(result.output, 10)}`,
    );
  }
  const port = await freePort();
  return startServer({
    command: findProgram('chroot'),
    args: [
      system,
      ...common,
      `--socket=/${name}/server.sock`,
      `--pid-file=/${name}/server.pid`,
      `--tmpdir=/${name}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--init-file=/${name}/init.sql`,
      '--secure-file-priv=NULL',
      '--mysqlx=OFF',
      '--skip-log-bin',
      '--innodb-flush-log-at-trx-commit=2',
    ],
    port,
    logFile: join(folder, 'server.log'),
    folders: [folder],
  });
}

// --- internal ---

// Cache folder: SEGFLOW_TEST_CACHE, else the user's (XDG), else .cache in the checkout.
function cacheFolder() {
  const xdg = process.env.XDG_CACHE_HOME;
  return process.env.SEGFLOW_TEST_CACHE || (xdg ? join(xdg, 'segflow-test') : join(ROOT, '.cache'));
}

async function prepareSystem(log) {
  const refusal = whyNoApt();
  if (refusal) throw new Error(`MySQL cannot be installed here: ${refusal}`);
  const system = join(cacheFolder(), 'mysql-system');
  if (existsSync(join(system, 'usr/sbin/mysqld'))) return system;
  if (!findProgram('debootstrap')) await aptInstall(['debootstrap'], log);
  log('making a minimal Debian unstable with MySQL (about a minute, once)');
  // Made beside its place and moved there whole: what is in place is complete, whoever else makes one at the same time.
  const making = `${system}.${process.pid}`;
  mkdirSync(cacheFolder(), { recursive: true });
  try {
    const result = await run(
      'debootstrap',
      ['--variant=minbase', '--include=mysql-server-core', 'sid', making, await debianMirror()],
      { timeoutMs: 600_000 },
    );
    if (result.code !== 0)
      throw new Error(`debootstrap failed (${ending(result)}):\n${lastLines(result.output, 10)}`);
    if (!existsSync(join(making, 'usr/sbin/mysqld'))) throw new Error('Debian unstable has no mysqld today');
    if (!existsSync(system)) renameSync(making, system);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return system;
}

/** The mirror that this machine's own package sources name. */
async function debianMirror() {
  const result = await run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI)',
    'Created-By: Packages',
    'Origin: Debian',
    'Label: Debian',
  ]);
  const mirror = result.output.trim().split('\n')[0];
  if (result.code !== 0 || !mirror)
    throw new Error('the package sources of this machine name no Debian mirror');
  return mirror;
}
