#!/usr/bin/env node
// `npm run quickstart`: from a clean clone to mail in one command. Installs, builds the executable,
// then does in a fresh folder what a user who has just downloaded Segflow would do. Nothing is
// sent: the mail goes to files. Plain Node.js.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build, EXECUTABLE, ending, installPackages, ROOT, run, SetupError } from './setup.mjs';

const started = performance.now();
let server;
try {
  await main();
} catch (error) {
  console.error(`\n✗ ${error instanceof SetupError ? error.message : (error?.stack ?? error)}`);
  process.exitCode = 1;
} finally {
  await server?.stop();
}

// --- internal ---

async function main() {
  title('Install and build');
  await installPackages(say);
  await build();
  say(`${relative(ROOT, EXECUTABLE)} is ready: one file, it needs nothing else`);

  const folder = mkdtempSync(join(tmpdir(), 'segflow-quickstart-'));
  title(`A project in an empty folder: ${folder}`);
  const segflow = commandsIn(folder);
  await segflow('init');

  title('The server, with mail going to files');
  server = await startServer(folder);
  say(`ready at ${server.url}; its data is in .segflow`);

  title('Push the configuration');
  await segflow('push');

  title('Users come in, and buy something');
  await segflow('add', 'ada', 'username=Ada', 'email=ada@example.com', '--wait');
  await segflow('add', 'grace', 'username=Grace', 'email=grace@example.com', 'winback=true', '--wait');
  await segflow('emit', 'purchase', 'ada', 'value=1200', 'item=Desk lamp', '--wait');

  title('The mail that came of it');
  showMail(await untilSent(folder), folder);
  await segflow('user', 'ada');

  title('Stop the server');
  await server.stop();
  const { code } = await server.ended;
  server = undefined;
  if (code !== 0) throw new SetupError(`serve ended with exit code ${code} when it was asked to stop`);
  say('it finished what was in flight and exited with 0');
  console.log(goOn(folder, (performance.now() - started) / 1000));
}

/**
 * Returns a function that runs a command of the executable in `folder`, shows the command and its
 * output, and throws unless it succeeds.
 */
function commandsIn(folder) {
  return async (...args) => {
    console.log(`  $ segflow ${args.map(quoted).join(' ')}`);
    const result = await run(EXECUTABLE, args, { cwd: folder, env: environment(folder), timeoutMs: 60_000 });
    for (const line of result.output.trimEnd().split('\n')) console.log(`    ${line}`);
    if (result.code !== 0) throw new SetupError(`segflow ${args[0]} failed (${ending(result)})`);
  };
}

async function startServer(folder) {
  const args = ['serve', '--port', '0', '--outbox', 'outbox'];
  console.log(`  $ segflow ${args.join(' ')}`);
  const child = spawn(EXECUTABLE, [...args, '--json'], {
    cwd: folder,
    env: environment(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let log = '';
  child.stderr.on('data', (data) => {
    log += data;
  });
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: error.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal }));
  });
  const ready = new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      output += data;
      if (output.includes('\n')) resolve(JSON.parse(output.split('\n')[0]));
    });
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const answer = await Promise.race([
    ready,
    ended.then(({ code }) => ({ failure: `serve ended with ${code} before it was ready:\n${log}` })),
    pause(30_000).then(() => ({ failure: `serve was not ready within 30 s:\n${log}` })),
  ]);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  if (answer.failure) {
    child.kill('SIGKILL');
    throw new SetupError(answer.failure);
  }
  return { url: answer.url, stop, ended };
}

/** The messages, oldest first, once nothing is left to evaluate, to run or to send. */
async function untilSent(folder) {
  const ask = async (...args) => {
    const options = { cwd: folder, env: environment(folder), timeoutMs: 60_000 };
    const result = await run(EXECUTABLE, [...args, '--json'], options);
    if (result.code !== 0) {
      throw new SetupError(`segflow ${args[0]} failed (${ending(result)}):\n${result.output}`);
    }
    return JSON.parse(result.output);
  };
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { pending, runs, messages } = await ask('status');
    const moving = [runs.pending, runs.running, messages.queued, messages.sending, messages.unknown];
    if (pending === 0 && !moving.some(Boolean)) return (await ask('messages')).reverse();
    if (Date.now() > deadline) {
      throw new SetupError(
        `mail is still on its way after a minute: ${JSON.stringify({ pending, runs, messages })}`,
      );
    }
    await pause(100);
  }
}

function showMail(messages, folder) {
  for (const { id, status, to, subject, template, campaign, reason } of messages) {
    const file = join(folder, 'outbox', `${id}.eml`);
    say(`${status === 'sent' ? '✉' : status} ${subject ?? reason}`);
    say(`    to ${to}, ${campaign ? `${template} of ${campaign}` : `the transaction ${template}`}`);
    say(`    ${existsSync(file) ? file : 'NO FILE'}`);
    if (status !== 'sent' || !existsSync(file)) throw new SetupError(`message ${id} did not become a file`);
  }
  if (messages.length === 0) throw new SetupError('no mail was produced');
  say(`${messages.length} emails`);
}

/** An environment without this machine's Segflow settings and the user's home. */
function environment(folder) {
  return { PATH: process.env.PATH ?? '', HOME: folder, NO_COLOR: '1' };
}

function goOn(folder, seconds) {
  return `
Done in ${Math.round(seconds)} s. To go on:
  export PATH="${join(ROOT, 'dist')}:$PATH"
  cd ${folder}
  segflow serve --outbox outbox     # and, in another terminal:
  segflow preview                   # the emails in your browser, reloaded while you edit emails/
  segflow emit purchase grace value=80 --wait
  segflow --help
The campaigns and segments are in segflow.config.ts; README.md there tells how to go live.`;
}

function title(text) {
  console.log(`\n${text}`);
}

function say(text) {
  console.log(`  ${text}`);
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
