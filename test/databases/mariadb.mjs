// A MariaDB server of its own for the tests: Debian's server program on a fresh data folder. The system's service is not touched.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ending, lastLines, run } from '../../bin/setup.mjs';
import { aptInstall, findProgram } from '../runner/apt.mjs';
import { ACCOUNT_SQL, freePort, startServer } from './server.mjs';

/** Starts it, installing its programs if need be: `{ url, stop, kill, start }`. Throws with the reason it cannot. */
export async function startMariadb(log = console.error) {
  // Without the package mariadb-server, which would start the system's service; the installer needs a program of the client's.
  if (!findProgram('mariadbd') || !findProgram('my_print_defaults')) {
    await aptInstall(['mariadb-server-core', 'mariadb-client'], log);
  }
  const server = findProgram('mariadbd');
  const installer = findProgram('mariadb-install-db');
  if (!server || !installer) throw new Error('mariadbd or mariadb-install-db is not on the PATH');
  const folder = mkdtempSync(join(tmpdir(), 'segflow-mariadb-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const result = await run(
    installer,
    [
      '--no-defaults',
      ...asRoot,
      `--datadir=${data}`,
      '--skip-test-db',
      '--auth-root-authentication-method=normal',
    ],
    { timeoutMs: 300_000 },
  );
  if (result.code !== 0)
    throw new Error(`mariadb-install-db failed (${ending(result)}):\n${lastLines(result.output, 10)}`);
  writeFileSync(join(folder, 'init.sql'), ACCOUNT_SQL);
  const port = await freePort();
  return startServer({
    command: server,
    args: [
      '--no-defaults',
      ...asRoot,
      `--datadir=${data}`,
      `--socket=${join(folder, 'server.sock')}`,
      `--pid-file=${join(folder, 'server.pid')}`,
      // A server that starts removes what looks like temporary tables from a folder that it shares with others.
      `--tmpdir=${folder}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--init-file=${join(folder, 'init.sql')}`,
      '--innodb-flush-log-at-trx-commit=2',
    ],
    port,
    logFile: join(folder, 'server.log'),
    folders: [folder],
  });
}
