import { describe, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { SegflowError } from '../../src/core/errors.ts';
import type { App } from '../../src/server/app.ts';
import { type Listening, listen } from '../../src/server/listen.ts';
import { harness, KEY } from './harness.ts';

/** A listener that is stopped when the test ends. */
async function listening(app: Pick<App, 'fetch'>, graceMs = 10_000): Promise<Listening & AsyncDisposable> {
  const server = await listen(app as App, { host: '127.0.0.1', port: 0, graceMs });
  return { ...server, [Symbol.asyncDispose]: () => server.stop() };
}

/** An App whose requests of /slow wait until released. */
function gated() {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const fetch = async (request: Request) => {
    if (request.url.endsWith('/slow')) {
      arrived.resolve();
      await released.promise;
    }
    return new Response('done');
  };
  return { app: { fetch }, arrived: arrived.promise, release: released.resolve };
}

/** A connection that is kept open and read by hand. */
async function open(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  let text = '';
  let notify = () => {};
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('data', (data) => {
    text += data.toString('latin1');
    notify();
  });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return {
    closed,
    text: () => text,
    send: (data: string | Uint8Array) => socket.write(data),
    get: (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`),
    /** Resolves once what came contains `part`, or the connection is closed. */
    async until(part: string): Promise<string> {
      while (!text.includes(part) && !socket.closed) {
        await Promise.race([
          closed,
          new Promise<void>((resolve) => {
            notify = resolve;
          }),
        ]);
      }
      return text;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Whether this machine has ::1. */
const hasIpv6 = () =>
  Object.values(networkInterfaces())
    .flat()
    .some((it) => it?.address === '::1');

const HEAD = `Host: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`;

test('serves the app', async () => {
  const { app } = harness();
  await using server = await listening(app);
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ ok: true, version: '1.2.3' });
});

test('a port in use is refused with a hint', async () => {
  const { app } = harness();
  await using server = await listening(app);
  const error = await listen(app, { host: '127.0.0.1', port: server.port }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SegflowError);
  expect(error).toMatchObject({
    code: 'port_in_use',
    message: `port ${server.port} of 127.0.0.1 is in use`,
    hint: expect.stringContaining('--port'),
  });
});

test.each([65_536, -1, 1.5, Number.NaN])('port %p is refused', async (port) => {
  const error = await listen(harness().app, { host: '127.0.0.1', port }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(`got ${port}`) });
});

test.each([
  ['0.0.0.0', 'http://127.0.0.1:'],
  ['localhost', 'http://localhost:'],
  ['::1', 'http://[::1]:'],
  ['[::1]', 'http://[::1]:'],
  ['::', 'http://[::1]:'],
])('the url for %s can be called', async (host, prefix) => {
  if (host.includes(':') && !hasIpv6()) return;
  const server = await listen(harness().app, { host, port: 0 });
  try {
    expect(server.url).toBe(`${prefix}${server.port}`);
    expect(server.port).toBeGreaterThan(0);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  } finally {
    await server.stop();
  }
});

describe('stop', () => {
  test('finishes what is in flight, refuses what is new, closes what is idle', async () => {
    const { app, arrived, release } = gated();
    const server = await listen(app as App, { host: '127.0.0.1', port: 0 });
    using idle = await open(server.port);
    idle.get('/');
    await idle.until('done');
    using slow = await open(server.port);
    slow.get('/slow');
    await arrived;
    let stopped = false;
    const stopping = server.stop().then(() => {
      stopped = true;
    });
    await idle.closed;
    expect(await fetch(server.url).catch((error: { code: string }) => error.code)).toBe('ECONNREFUSED');
    expect([stopped, slow.text()]).toEqual([false, '']);
    release();
    expect(await slow.until('done')).toContain('200 OK');
    await stopping;
    await slow.closed;
  });

  test('gives up on what does not end', async () => {
    const { app, arrived } = gated();
    const server = await listen(app as App, { host: '127.0.0.1', port: 0, graceMs: 20 });
    using slow = await open(server.port);
    slow.get('/slow');
    await arrived;
    await server.stop();
    await slow.closed;
    expect(slow.text()).toBe('');
  });

  test('may be called twice', async () => {
    const server = await listen(harness().app, { host: '127.0.0.1', port: 0 });
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await fetch(server.url).catch((error: { code: string }) => error.code)).toBe('ECONNREFUSED');
  });
});

describe('over the wire', () => {
  test('a huge declared length is answered at once with a whole error', async () => {
    await using server = await listening(harness().app);
    using socket = await open(server.port);
    socket.send(`POST /v1/batch HTTP/1.1\r\n${HEAD}Content-Length: 99999999999\r\n\r\n`);
    expect(await socket.until('payload_too_large')).toStartWith('HTTP/1.1 413');
  });

  test('a chunked body is cut off behind 1 MiB', async () => {
    await using server = await listening(harness().app);
    using socket = await open(server.port);
    socket.send(`POST /v1/batch HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `100000\r\n${' '.repeat(1024 * 1024)}\r\n`;
    for (let i = 0; i < 4; i++) socket.send(chunk);
    expect(await socket.until('payload_too_large')).toStartWith('HTTP/1.1 413');
  });

  test.each([
    ['two lengths that disagree', 'Content-Length: 2\r\nTransfer-Encoding: chunked'],
    ['a negative length', 'Content-Length: -5'],
  ])('%s: 400', async (_what, header) => {
    const { app, backend } = harness();
    await using server = await listening(app);
    using socket = await open(server.port);
    socket.send(`PUT /v1/users/ann HTTP/1.1\r\n${HEAD}${header}\r\n\r\n{}`);
    expect(await socket.until('\r\n\r\n')).toStartWith('HTTP/1.1 400');
    expect(backend.users.size).toBe(0);
  });

  test('more than was declared is not part of the body', async () => {
    const { app, backend } = harness();
    await using server = await listening(app);
    using socket = await open(server.port);
    socket.send(`PUT /v1/users/ann HTTP/1.1\r\n${HEAD}Content-Length: 2\r\n\r\n{}{"attributes":{"a":1}}`);
    expect(await socket.until('"created":true')).toStartWith('HTTP/1.1 201');
    await socket.closed;
    expect([...backend.users]).toEqual([['ann', {}]]);
  });

  test.each([
    ['GET /v1/users/a%2Fb', 404, 'there is no user \\"a/b\\"'],
    ['GET /v1/users/k\u00c3\u00a4the', 404, 'there is no user'],
    ['GET /v1/users/..', 404, 'not_found'],
    ['GET /v1/users/%2e%2e', 404, 'not_found'],
    ['GET /v1/users/%2e%2e%2fstatus', 404, 'there is no user \\"../status\\"'],
    ['GET http://elsewhere/v1/users/a', 404, 'there is no user \\"a\\"'],
    ['GET //v1/status', 404, 'not_found'],
    ['TRACE /v1/status', 405, 'method_not_allowed'],
  ])('%s', async (line, status, part) => {
    await using server = await listening(harness().app);
    using socket = await open(server.port);
    socket.send(Buffer.from(`${line} HTTP/1.1\r\n${HEAD}\r\n`, 'latin1'));
    const text = await socket.until('}}');
    expect(text).toStartWith(`HTTP/1.1 ${status}`);
    expect(text).toContain(part);
  });

  test('a host that makes no URL: 400', async () => {
    const { app, log } = harness();
    await using server = await listening(app);
    using socket = await open(server.port);
    socket.send('GET /healthz HTTP/1.1\r\nHost: a b/[\r\n\r\n');
    expect(await socket.until('}}')).toStartWith('HTTP/1.1 400');
    expect(log).toEqual([]);
  });
});
