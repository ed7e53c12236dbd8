import { describe, expect, test } from 'bun:test';
import { Client, type Operation, SegflowApiError } from '../../src/client/sdk.ts';
import { createApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { MemoryBackend } from '../server/memory-backend.ts';

interface Attributes {
  username: string;
  email: string;
  winback?: boolean;
  address?: { city?: string; zip?: string };
}

const CHANGES = {
  segments: { entered: ['all-users'], left: [] },
  campaigns: { entered: ['welcome'], left: [] },
};

/** A client of a real server over a backend in memory. */
async function connected(options: { basePath?: string; retries?: number } = {}) {
  const backend = new MemoryBackend();
  const app = createApp({ backend, apiKey: 'a-key', version: '1.2.3' });
  const base = options.basePath ?? '';
  const served = {
    ...app,
    fetch: (request: Request) => {
      const url = new URL(request.url);
      if (!url.pathname.startsWith(base)) return Promise.resolve(new Response('elsewhere', { status: 404 }));
      url.pathname = url.pathname.slice(base.length);
      return app.fetch(new Request(url, request));
    },
  };
  const server = await listen(served, { host: '127.0.0.1', port: 0 });
  const url = server.url + base;
  const client = new Client<Attributes>({ url, apiKey: 'a-key', retries: options.retries ?? 0 });
  return { backend, client, url, [Symbol.asyncDispose]: () => server.stop() };
}

const ANN: Attributes = { username: 'ann', email: 'ann@example.com' };

async function failure(promise: Promise<unknown>): Promise<SegflowApiError> {
  const error = await promise.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SegflowApiError);
  return error as SegflowApiError;
}

describe('users', () => {
  test('createUser creates, then merges; updateUser merges; null removes', async () => {
    await using it = await connected();
    expect(await it.client.createUser('ann', { ...ANN, winback: true })).toEqual({
      user: { id: 'ann', attributes: { ...ANN, winback: true } },
      created: true,
    });
    const again = await it.client.createUser('ann', { ...ANN, address: { city: 'Bonn' } });
    expect(again.created).toBe(false);
    expect(again.user.attributes.winback).toBe(true);
    const updated = await it.client.updateUser('ann', { winback: null, address: { zip: '53111' } });
    expect(updated.user.attributes).toEqual({ ...ANN, address: { city: 'Bonn', zip: '53111' } });
  });

  test('updateUser, getUser, emit and deleteUser of an unknown user reject', async () => {
    await using it = await connected();
    for (const promise of [
      it.client.updateUser('nobody', { winback: true }),
      it.client.getUser('nobody'),
      it.client.emit('nobody', 'login'),
      it.client.deleteUser('nobody'),
    ]) {
      expect(await failure(promise)).toMatchObject({
        status: 404,
        code: 'user_not_found',
        hint: expect.any(String),
      });
    }
  });

  test('getUser gives the journey, deleteUser removes', async () => {
    await using it = await connected();
    await it.client.createUser('ann', ANN);
    await it.client.emit('ann', 'login');
    const journey = await it.client.getUser('ann');
    expect(journey.attributes.email).toBe('ann@example.com');
    expect(journey.events).toMatchObject([{ name: 'login' }]);
    expect(await it.client.deleteUser('ann')).toBeUndefined();
    expect(it.backend.users.size).toBe(0);
  });

  test.each(['a/b', '..a', 'a%2Fb', 'ann@example.com', '?x=1#y', 'käthe 😀', 'a+b', '\\'])(
    'the id %p arrives as it is',
    async (id) => {
      await using it = await connected();
      await it.client.createUser(id, ANN);
      expect([...it.backend.users.keys()]).toEqual([id]);
      expect((await it.client.getUser(id)).id).toBe(id);
    },
  );

  test.each(['', '.', '..', '\ud800', 7, null, undefined] as string[])('the id %p is refused', async (id) => {
    await using it = await connected();
    expect(await failure(it.client.createUser(id, ANN))).toMatchObject({ status: 0, code: 'invalid_input' });
    expect(await failure(it.client.getUser(id))).toMatchObject({ code: 'invalid_input' });
  });
});

describe('events', () => {
  test('emit sends attributes, messageId and createdAt', async () => {
    await using it = await connected();
    await it.client.createUser('ann', ANN);
    const createdAt = new Date('2026-01-02T03:04:05.678Z');
    const answer = await it.client.emit('ann', 'purchase', { value: 99.99 }, { messageId: 'm-1', createdAt });
    expect(answer).toEqual({ event: { userId: 'ann', name: 'purchase', duplicate: false } });
    expect(it.backend.events).toEqual([
      {
        type: 'event',
        userId: 'ann',
        name: 'purchase',
        attributes: { value: 99.99 },
        messageId: 'm-1',
        createdAt: createdAt.getTime(),
      },
    ]);
    const again = await it.client.emit('ann', 'purchase', {}, { messageId: 'm-1' });
    expect(again.event.duplicate).toBe(true);
  });

  test('wait gives the changes', async () => {
    await using it = await connected();
    expect((await it.client.createUser('ann', ANN, { wait: true })).changes).toEqual(CHANGES);
    expect((await it.client.updateUser('ann', {}, { wait: true })).changes).toEqual(CHANGES);
    expect((await it.client.emit('ann', 'x', {}, { wait: true })).changes).toEqual(CHANGES);
    expect((await it.client.emit('ann', 'x', {}, { wait: false })).changes).toBeUndefined();
  });

  test('the same idempotencyKey applies once', async () => {
    await using it = await connected();
    await it.client.createUser('ann', ANN);
    for (let i = 0; i < 2; i++) await it.client.emit('ann', 'x', {}, { idempotencyKey: 'k' });
    await it.client.emit('ann', 'x');
    expect(it.backend.events).toHaveLength(2);
  });

  test('batch tells each rejection', async () => {
    await using it = await connected();
    const operations: Operation[] = [
      { type: 'user', id: 'ann', attributes: { a: 1 } },
      { type: 'event', userId: 'ann', name: 'login' },
      { type: 'event', userId: 'nobody', name: 'login' },
      { type: 'delete', id: 'ann' },
    ];
    const answer = await it.client.batch(operations);
    expect(answer).toMatchObject({ accepted: 3, rejected: 1 });
    expect(answer.results[2]).toMatchObject({ ok: false, error: { code: 'user_not_found' } });
    const error = await failure(it.client.batch([{ type: 'delete', id: '' }]));
    expect(error.details).toMatchObject([{ path: 'operations[0].id' }]);
  });
});

describe('reading', () => {
  test('messages and status', async () => {
    await using it = await connected();
    expect(await it.client.messages({ user: 'ann', status: 'sent', limit: 5 })).toMatchObject([
      { id: 'msg_1' },
    ]);
    await it.client.messages();
    expect(it.backend.queries).toMatchObject([{ userId: 'ann', status: 'sent', limit: 5 }, { limit: 100 }]);
    expect(await it.client.status()).toMatchObject({ version: '1.2.3', store: 'memory' });
  });

  test('request reaches what has no method', async () => {
    await using it = await connected();
    expect(await it.client.request<object>('GET', '/healthz')).toEqual({ ok: true, version: '1.2.3' });
    const answer = await it.client.request<{ deployment: string }>('POST', '/v1/deployments', {
      body: { code: 'x' },
    });
    expect(answer.deployment).toBe('abc');
  });
});

describe('options', () => {
  test.each(['', '/', '//'])('a base path, ended by %p, is kept', async (end) => {
    await using it = await connected({ basePath: '/mail/segflow' });
    const client = new Client({ url: it.url + end, apiKey: 'a-key', retries: 0 });
    expect((await client.createUser('ann', {})).created).toBe(true);
    expect((await client.messages({ limit: 1 })).length).toBe(1);
  });

  test('the wrong base path is told from Segflow', async () => {
    await using it = await connected({ basePath: '/mail' });
    const client = new Client({ url: new URL(it.url).origin, apiKey: 'a-key', retries: 0 });
    const error = await failure(client.status());
    expect(error).toMatchObject({ status: 404, code: 'unreachable' });
    expect(error.message).toContain('not an answer of Segflow');
  });

  test('a wrong key is unauthorized, and not shown', async () => {
    await using it = await connected();
    const error = await failure(new Client({ url: it.url, apiKey: 'wrong-key', retries: 0 }).status());
    expect(error).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(JSON.stringify(error) + error.message + error.hint).not.toContain('wrong-key');
  });

  test.each([
    { url: '' },
    { url: 'localhost:3000' },
    { url: 'ftp://example.com' },
    { url: 'http://user:hunter2@example.com' },
    { url: 'http://example.com/?a=1' },
    { url: undefined as unknown as string },
    { apiKey: '' },
    { apiKey: 'two words' },
    { apiKey: 'ключ' },
    { apiKey: undefined as unknown as string },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { retries: -1 },
  ])('%j cannot work, and says so', (wrong) => {
    const make = () => new Client({ url: 'http://localhost:3000', apiKey: 'k', ...wrong });
    expect(make).toThrow(SegflowApiError);
    try {
      make();
    } catch (error) {
      expect(error).toMatchObject({ status: 0, code: 'invalid_input', hint: expect.any(String) });
      expect((error as Error).message).not.toContain('hunter2');
    }
  });

  test('a fetch of your own is called bare, with url and init', async () => {
    const calls: unknown[] = [];
    const client = new Client({
      url: 'https://segflow.example/base',
      apiKey: 'k',
      fetch: function (this: unknown, url, init) {
        calls.push([this, url, init.method, new Headers(init.headers).get('authorization'), init.redirect]);
        return Promise.resolve(Response.json([]));
      },
    });
    await client.messages({ user: 'a b', limit: 2 });
    expect(calls).toEqual([
      [undefined, 'https://segflow.example/base/v1/messages?user=a+b&limit=2', 'GET', 'Bearer k', 'manual'],
    ]);
  });

  test.each([
    ['NaN', { value: Number.NaN }],
    ['Infinity', { list: [1, Number.POSITIVE_INFINITY] }],
    ['a BigInt', { value: 1n }],
  ])('%s cannot be sent', async (_what, attributes) => {
    await using it = await connected();
    await it.client.createUser('ann', ANN);
    expect(await failure(it.client.emit('ann', 'x', attributes))).toMatchObject({
      code: 'invalid_input',
      status: 0,
    });
    expect(it.backend.events).toEqual([]);
  });

  test('no global is changed', async () => {
    const before = Object.getOwnPropertyNames(globalThis).sort();
    const { fetch } = globalThis;
    await using it = await connected();
    await it.client.createUser('ann', ANN);
    expect(Object.getOwnPropertyNames(globalThis).sort()).toEqual(before);
    expect(globalThis.fetch).toBe(fetch);
  });
});
