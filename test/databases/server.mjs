// What the database servers of the tests have in common: a port of their own, a log, a start that is awaited, a clean end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { lastLines } from '../../bin/setup.mjs';

/** SQL that makes the account tests use; it runs at every start. */
export const ACCOUNT_SQL = `CREATE USER IF NOT EXISTS 'segflow'@'%' IDENTIFIED BY 'segflow';
GRANT ALL PRIVILEGES ON *.* TO 'segflow'@'%' WITH GRANT OPTION;
`;

/** URL of a server on this machine, without a database: a test makes its own. */
export const urlOf = (port) => `mysql://segflow:segflow@127.0.0.1:${port}/`;

/** A TCP port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a server program and waits until it greets on `port`. `stop` ends it and removes `folders`; `kill` ends it as a crash
 * would, and `start` brings it back on what it had stored. Throws with the end of its log when it does not come up.
 */
export async function startServer({ command, args, port, logFile, folders, startMs = 180_000 }) {
  const log = createWriteStream(logFile);
  await once(log, 'open');
  let child;
  let ended;
  const isRunning = () => child && child.exitCode === null && child.signalCode === null;
  const killNow = () => child?.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async () => {
    process.removeListener('exit', killNow);
    if (isRunning()) {
      child.kill('SIGTERM');
      const timer = setTimeout(killNow, 20_000);
      await ended;
      clearTimeout(timer);
    }
    log.destroy();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  const kill = async () => {
    killNow();
    await ended;
  };
  const start = async () => {
    child = spawn(command, args, { stdio: ['ignore', log, log] });
    ended = once(child, 'exit').catch(() => undefined);
    const deadline = Date.now() + startMs;
    while (!(await greets(port))) {
      const died = !isRunning();
      if (died || Date.now() > deadline) {
        const text = lastLines(readFileSync(logFile, 'utf8'), 15);
        await stop();
        throw new Error(`${command} ${died ? 'ended while starting' : 'did not come up'}:\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await start();
  return { url: urlOf(port), stop, kill, start };
}

// --- internal ---

// A MySQL server speaks first: its greeting begins, after a 4-byte header, with the protocol version, 10.
function greets(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => done(data[4] === 10));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
    socket.once('close', () => done(false));
  });
}
