// Runs a command with real databases: node test/databases/run.mjs mariadb mysql -- npx bun test test/store
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startMariadb } from './mariadb.mjs';
import { startMysql } from './mysql.mjs';

const START = {
  mariadb: { start: startMariadb, variable: 'SEGFLOW_TEST_MARIADB_URL' },
  mysql: { start: startMysql, variable: 'SEGFLOW_TEST_MYSQL_URL' },
};

const separator = process.argv.indexOf('--');
const names = process.argv.slice(2, separator);
const [command, ...args] = separator < 0 ? [] : process.argv.slice(separator + 1);
if (!command || names.length === 0 || names.some((name) => !START[name])) {
  console.error('usage: node test/databases/run.mjs mariadb|mysql… -- command [arguments]');
  process.exit(2);
}

const servers = [];
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
try {
  const env = { ...process.env };
  for (const name of names) {
    const server = await START[name].start();
    servers.push(server);
    env[START[name].variable] = server.url;
    console.error(`${START[name].variable}=${server.url}`);
  }
  const [code] = await once(spawn(command, args, { stdio: 'inherit', env }), 'exit');
  process.exitCode = code ?? 1;
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}
