import { describe, expect, test } from 'bun:test';
import { MAX_BODY_BYTES } from '../../src/protocol/api.ts';
import type { App } from '../../src/server/app.ts';
import { errorOf, harness, KEY } from './harness.ts';

const user = (raw: string) => ['PUT', '/v1/users/ann', raw] as const;
const event = (fields: object) =>
  ['POST', '/v1/events', JSON.stringify({ userId: 'ann', name: 'x', ...fields })] as const;
const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;

describe('bodies', () => {
  test.each([
    ['empty', ...user('')],
    ['no JSON', ...user('name=ann')],
    ['cut off', ...user('{"attributes":{')],
    ['a list', ...user('[]')],
    ['a text', ...user('"x"')],
    ['null', ...user('null')],
    ['a number', ...user('1')],
    ['attributes: null', ...user('{"attributes":null}')],
    ['attributes: a list', ...user('{"attributes":[]}')],
    ['attributes: a text', ...user('{"attributes":"x"}')],
    ['an unknown field', ...user('{"attributes":{},"id":"x"}')],
    ['the same key twice', ...user('{"attributes":{},"attributes":{"a":1}}')],
    ['__proto__', ...user('{"attributes":{"__proto__":{"admin":true}}}')],
    ['NUL', ...user('{"attributes":{"a":"\\u0000"}}')],
    ['half a surrogate', ...user('{"attributes":{"a":"\\ud83d"}}')],
    ['a huge number', ...user('{"attributes":{"a":1e999}}')],
    ['a number that loses digits', ...user('{"attributes":{"a":9007199254740993}}')],
    ['too deep', ...user(`{"attributes":${deep}}`)],
    ['only brackets', ...user('['.repeat(500_000))],
    ['a byte order mark', ...user('\ufeff{}')],
    ['an event without a user', 'POST', '/v1/events', '{"name":"x"}'],
    ['an event without a name', 'POST', '/v1/events', '{"userId":"ann"}'],
    ['an empty event name', ...event({ name: '' })],
    ['a long event name', ...event({ name: 'x'.repeat(129) })],
    ['a user id of 256 characters', ...event({ userId: 'x'.repeat(256) })],
    ['a user id with a line feed', ...event({ userId: 'a\nb' })],
    ['a user id of spaces', ...event({ userId: '  ' })],
    ['the user id ..', ...event({ userId: '..' })],
    ['a number as user id', ...event({ userId: 7 })],
    ['an empty message id', ...event({ messageId: '' })],
    ['a long message id', ...event({ messageId: 'x'.repeat(256) })],
    ['a date that does not exist', ...event({ createdAt: '2026-02-30T00:00:00Z' })],
    ['milliseconds as a date', ...event({ createdAt: 1750000000000 })],
    ['a date without an offset', ...event({ createdAt: '2026-01-01T00:00:00' })],
    ['a date in the future', ...event({ createdAt: '2027-01-01T00:00:00Z' })],
    ['a date before 1970', ...event({ createdAt: '1969-12-31T23:59:59Z' })],
    ['a batch that is a list', 'POST', '/v1/batch', '[{"type":"delete","id":"a"}]'],
    ['an operation that is null', 'POST', '/v1/batch', '{"operations":[null]}'],
    ['an operation without a type', 'POST', '/v1/batch', '{"operations":[{"id":"a"}]}'],
    ['a push without code', 'POST', '/v1/deployments', '{"environment":{}}'],
    ['a push of empty code', 'POST', '/v1/deployments', '{"code":""}'],
    ['an environment of numbers', 'POST', '/v1/deployments', '{"code":"x","environment":{"A":1}}'],
  ])('%s: 400, and nothing is applied', async (_what, method, path, raw) => {
    const { call, backend } = harness();
    backend.users.set('ann', {});
    const error = await errorOf(await call(method, path, { raw }), 400);
    expect(error.code).toBe('invalid_input');
    expect([...backend.users]).toEqual([['ann', {}]]);
    expect(backend.events).toEqual([]);
    expect(backend.pushed).toEqual([]);
  });

  test('details name each bad field with path, expected and got', async () => {
    const { call } = harness();
    const answer = await call('POST', '/v1/events', {
      body: {
        userId: 7,
        name: '',
        attributes: [],
        messageId: 'x'.repeat(300),
        createdAt: 'now',
        colour: 'red',
      },
    });
    const error = await errorOf(answer, 400);
    expect(error.details).toEqual([
      { path: 'userId', message: 'must be a text', expected: 'a text', got: '7' },
      {
        path: 'name',
        message: 'must be a text of at least 1 character',
        expected: 'a text of at least 1 character',
        got: '0 characters',
      },
      { path: 'attributes', message: 'must be an object', expected: 'an object', got: 'a list of 0' },
      {
        path: 'messageId',
        message: 'must be a text of at most 255 characters',
        expected: 'a text of at most 255 characters',
        got: '300 characters',
      },
      {
        path: 'createdAt',
        message: 'must be a time as ISO 8601 with its offset, such as "2026-01-31T12:00:00Z"',
        expected: 'a time as ISO 8601 with its offset, such as "2026-01-31T12:00:00Z"',
        got: '"now"',
      },
      {
        path: 'colour',
        message: 'there is no such field',
        expected: 'absent: there is no such field',
        got: '"red"',
      },
    ]);
    expect(error.message).toContain('and 3 more');
  });

  test('a thousand bad operations give a short answer', async () => {
    const { call } = harness();
    const operations = Array.from({ length: 1000 }, () => ({ type: 'delete', id: '' }));
    const error = await errorOf(await call('POST', '/v1/batch', { body: { operations } }), 400);
    expect(error.details).toHaveLength(20);
    expect(error.message).toContain('and 997 more');
  });

  test.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=latin1',
    'application/jsonx',
  ])('the content type %p: 415', async (type) => {
    const { app, backend } = harness();
    const headers: Record<string, string> = { authorization: `Bearer ${KEY}` };
    if (type !== undefined) headers['content-type'] = type;
    const response = await app.request('/v1/users/ann', {
      method: 'PUT',
      headers,
      body: new TextEncoder().encode('{}'),
    });
    expect((await errorOf(response, 415)).code).toBe('unsupported_media_type');
    expect(backend.users.size).toBe(0);
  });

  test.each([
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/merge-patch+json',
  ])('the content type %p is taken', async (type) => {
    const { call } = harness();
    expect(
      (await call('PUT', '/v1/users/ann', { raw: '{}', headers: { 'content-type': type } })).status,
    ).toBe(201);
  });

  test('a compressed body: 415', async () => {
    const { call } = harness();
    const answer = await call('PUT', '/v1/users/ann', {
      raw: Bun.gzipSync('{}'),
      headers: { 'content-encoding': 'gzip' },
    });
    expect((await errorOf(answer, 415)).hint).toContain('uncompressed');
  });
});

describe('size', () => {
  const padded = (bytes: number) => `{"attributes":{}${' '.repeat(bytes - 17)}}`;

  test('1 MiB is taken, one byte more is not', async () => {
    const { call, backend } = harness();
    expect((await call('PUT', '/v1/users/ann', { raw: padded(MAX_BODY_BYTES) })).status).toBe(201);
    const error = await errorOf(await call('PUT', '/v1/users/bob', { raw: padded(MAX_BODY_BYTES + 1) }), 413);
    expect(error.code).toBe('payload_too_large');
    expect([...backend.users.keys()]).toEqual(['ann']);
  });

  test('a declared length that is too large is refused unread', async () => {
    const { app } = harness();
    const source = endless();
    const response = await put(app, source.stream, { 'content-length': '1048577' });
    await errorOf(response, 413);
    expect(source.sent()).toBeLessThan(MAX_BODY_BYTES / 4);
  });

  test.each([{}, { 'content-length': '2' }, { 'content-length': 'x' }, { 'content-length': '-1' }] as Record<
    string,
    string
  >[])('an endless body with the headers %j is given up right behind the limit', async (headers) => {
    const { app } = harness();
    const source = endless();
    await errorOf(await put(app, source.stream, headers), 413);
    expect(source.sent()).toBeLessThan(MAX_BODY_BYTES + 4 * 65_536);
    expect(source.cancelled()).toBe(true);
  });

  test('a body that breaks off is refused', async () => {
    const { app, log } = harness();
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"attributes"'));
        controller.error(new Error('connection lost'));
      },
    });
    expect((await errorOf(await put(app, stream, {}), 400)).message).toBe('the body broke off');
    expect(log).toEqual([]);
  });

  test('a body in many pieces, cut inside characters, arrives whole', async () => {
    const { app, backend } = harness();
    const bytes = new TextEncoder().encode('{"attributes":{"a":"käthe 😀"}}');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    expect((await put(app, stream, {})).status).toBe(201);
    expect(backend.users.get('ann')).toEqual({ a: 'käthe 😀' });
  });

  function put(app: App, body: ReadableStream, headers: Record<string, string>): Promise<Response> {
    return app.request('/v1/users/ann', {
      method: 'PUT',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
      body,
    });
  }

  function endless() {
    let sent = 0;
    let cancelled = false;
    const chunk = new Uint8Array(65_536).fill(0x20);
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
      },
      cancel() {
        cancelled = true;
      },
    });
    return { stream, sent: () => sent, cancelled: () => cancelled };
  }
});

describe('paths', () => {
  test.each([
    ['an id of 256 characters', `/v1/users/${'x'.repeat(256)}`, 'id'],
    ['a control character', '/v1/users/a%00b', 'id'],
    ['a line feed', '/v1/users/a%0Ab', 'id'],
    ['a space at the end', '/v1/users/a%20', 'id'],
    ['only a space', '/v1/users/%20', 'id'],
  ])('%s: 400 with the field', async (_what, path, field) => {
    const { call, backend } = harness();
    const error = await errorOf(await call('PUT', path, { body: {} }), 400);
    expect(error.details).toMatchObject([{ path: field }]);
    expect(backend.users.size).toBe(0);
  });

  test.each(['/v1/users/%FF', '/v1/users/%ED%A0%80', '/v1/users/%zz', '/v1/users/100%'])(
    'the encoding of %s is refused',
    async (path) => {
      const { call } = harness();
      expect((await errorOf(await call('GET', path), 400)).message).toContain('not well encoded');
    },
  );

  test.each([
    '/',
    '/v1',
    '/v1/',
    '/v1/user/ann',
    '/v1/users',
    '/v1/users/',
    '/v1/users/a/b',
    '/v1/users/..',
    '/v1/users/%2e%2e',
    '/v1/batch/',
    '/v2/status',
    '/V1/status',
    '/favicon.ico',
  ])('there is no %s: 404 with a hint', async (path) => {
    const { call } = harness();
    const error = await errorOf(await call('GET', path), 404);
    expect(error).toMatchObject({ code: 'not_found' });
    expect(error.hint).toContain('/openapi.json');
  });

  test.each([
    ['POST', '/v1/users/ann', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['GET', '/v1/events', 'POST'],
    ['GET', '/v1/batch', 'POST'],
    ['DELETE', '/v1/deployments', 'GET, HEAD, POST'],
    ['POST', '/v1/status', 'GET, HEAD'],
    ['PUT', '/v1/messages', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('%s %s: 405', async (method, path, allow) => {
    const { call } = harness();
    const response = await call(method, path);
    expect(response.headers.get('allow')).toBe(allow);
    expect((await errorOf(response, 405)).code).toBe('method_not_allowed');
  });

  test.each(['wait=yes', 'wait=', 'wait=true&wait=true', 'wiat=true'])('?%s is refused', async (query) => {
    const { call, backend } = harness();
    const error = await errorOf(await call('PUT', `/v1/users/ann?${query}`, { body: {} }), 400);
    expect(error.message).toStartWith('the query is not valid');
    expect(backend.users.size).toBe(0);
  });

  test('HEAD is GET without a body', async () => {
    const { call } = harness();
    for (const path of ['/v1/status', '/healthz', '/openapi.json']) {
      const response = await call('HEAD', path);
      expect([response.status, await response.text()]).toEqual([200, '']);
    }
    expect((await call('HEAD', '/v1/users/nobody')).status).toBe(404);
  });
});
