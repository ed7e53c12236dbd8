import { describe, expect, test } from 'bun:test';
import { SegflowApiError } from '../../src/client/error.ts';
import { Http } from '../../src/client/http.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { retryAfterMs } from '../../src/client/retry.ts';
import { hangingUpServer, scriptedServer } from './scripted-server.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const busy = (headers: Record<string, string> = {}) => ({
  status: 503,
  body: JSON.stringify({ error: { code: 'unavailable', message: 'busy', hint: 'wait' } }),
  headers,
});
const done = { status: 200, body: '{"done":true}' };

/** A client whose waits are noted instead of waited, with the middle of every random range. */
function client(url: string, options: Partial<ClientOptions> = {}) {
  const waits: number[] = [];
  const http = new Http(
    { url, apiKey: 'k', ...options },
    {
      sleep: async (ms) => {
        waits.push(ms);
      },
      random: () => 0.5,
      now: () => NOW,
    },
  );
  return { http, waits };
}

async function failure(promise: Promise<unknown>): Promise<SegflowApiError> {
  const error = await promise.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SegflowApiError);
  return error as SegflowApiError;
}

describe('tries again', () => {
  test.each([429, 502, 503, 504])('after %d, with the same key and body', async (status) => {
    await using server = scriptedServer([{ ...busy(), status }, { ...busy(), status }, done]);
    const { http, waits } = client(server.url);
    expect(await http.request<object>('PUT', '/v1/users/a', { body: { attributes: {} } })).toEqual({
      done: true,
    });
    expect(waits).toEqual([188, 375]);
    const [first, ...others] = server.received;
    expect(first).toMatchObject({ method: 'PUT', path: '/v1/users/a', body: '{"attributes":{}}' });
    expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
    expect(others).toHaveLength(2);
    for (const other of others) {
      expect(other.body).toBe(first!.body);
      expect(other.headers['idempotency-key']).toBe(first!.headers['idempotency-key']!);
    }
  });

  test('after any answer that says it is worth it, whatever its status', async () => {
    const error = { code: 'internal', message: 'not now', retryable: true };
    await using server = scriptedServer([{ ...busy(), status: 500, body: JSON.stringify({ error }) }, done]);
    const { http, waits } = client(server.url);
    expect(await http.request<object>('GET', '/v1/status')).toEqual({ done: true });
    expect(waits).toHaveLength(1);
  });

  test('not after a 503 that says it is not worth it', async () => {
    const error = { code: 'unavailable', message: 'a migration is missing', retryable: false };
    await using server = scriptedServer([{ ...busy(), body: JSON.stringify({ error }) }, done]);
    const { http, waits } = client(server.url);
    const thrown = await failure(http.request('GET', '/v1/status'));
    expect(thrown).toMatchObject({ code: 'unavailable', status: 503, retryable: false });
    expect(waits).toEqual([]);
  });

  test('when the answer breaks off', async () => {
    await using server = await hangingUpServer('{"done":true}');
    const { http, waits } = client(server.url);
    expect(await http.request<object>('POST', '/v1/batch', { body: {} })).toEqual({ done: true });
    expect(waits).toHaveLength(1);
    expect(server.connections()).toBe(2);
  });

  test('when there is no answer in time', async () => {
    await using server = scriptedServer(['silence', done]);
    // What is answered at once must be in time on a busy machine.
    const { http } = client(server.url, { timeoutMs: 2_000 });
    expect(await http.request<object>('GET', '/v1/status')).toEqual({ done: true });
    expect(server.received).toHaveLength(2);
  });

  test('when nobody listens, until the retries are used up', async () => {
    const server = scriptedServer([done]);
    await server[Symbol.asyncDispose]();
    const { http, waits } = client(server.url, { retries: 2 });
    const error = await failure(http.request('GET', '/v1/status'));
    expect(error).toMatchObject({ status: 0, code: 'unreachable' });
    expect(error.message).toStartWith(`cannot reach Segflow at ${server.url}: `);
    expect(error.hint).toContain('segflow serve');
    expect(waits).toEqual([188, 375]);
  });

  test('after a proxy that answers HTML', async () => {
    await using server = scriptedServer([
      { status: 502, body: '<h1>Bad gateway</h1>', headers: { 'content-type': 'text/html' } },
      done,
    ]);
    expect(await client(server.url).http.request<object>('GET', '/v1/status')).toEqual({ done: true });
  });

  test('each call with a key of its own', async () => {
    await using server = scriptedServer([done]);
    const { http } = client(server.url);
    await http.request('POST', '/v1/events', { body: {} });
    await http.request('POST', '/v1/events', { body: {} });
    await http.request('GET', '/v1/status');
    const keys = server.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).not.toBe(keys[1]);
    expect(keys[2]).toBeUndefined();
  });
});

describe('how long it waits', () => {
  test('doubles, up to 8 s, half of it at random', async () => {
    await using server = scriptedServer([busy()]);
    const { http, waits } = client(server.url, { retries: 8 });
    await failure(http.request('GET', '/v1/status'));
    expect(waits).toEqual([188, 375, 750, 1500, 3000, 6000, 6000, 6000]);
    expect(server.received).toHaveLength(9);
  });

  test('is what Retry-After says, in seconds or as a date', async () => {
    await using server = scriptedServer([
      busy({ 'retry-after': '7' }),
      busy({ 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }),
      busy({ 'retry-after': 'soon' }),
      done,
    ]);
    const { http, waits } = client(server.url);
    await http.request('GET', '/v1/status');
    expect(waits).toEqual([7000, 20_000, 750]);
  });

  test('is not longer than a minute: then it is told at once', async () => {
    await using server = scriptedServer([busy({ 'retry-after': '61' })]);
    const { http, waits } = client(server.url);
    expect(await failure(http.request('GET', '/v1/status'))).toMatchObject({
      status: 503,
      code: 'unavailable',
    });
    expect(waits).toEqual([]);
  });

  test.each([
    [null, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['0', 0],
    [' 3 ', 3000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ])('Retry-After %p means %p', (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected as never);
  });
});

describe('does not try again', () => {
  test.each([400, 401, 404, 409, 413, 422, 500])('after %d', async (status) => {
    const body = { error: { code: 'invalid_input', message: 'no', hint: 'yes', details: [{ path: 'a' }] } };
    await using server = scriptedServer([
      { status, body: JSON.stringify(body), headers: { 'x-request-id': 'req_1' } },
      done,
    ]);
    const error = await failure(client(server.url).http.request('PUT', '/v1/users/a', { body: {} }));
    expect(error).toMatchObject({
      name: 'SegflowApiError',
      status,
      code: 'invalid_input',
      message: 'no',
      hint: 'yes',
      details: [{ path: 'a' }],
      requestId: 'req_1',
    });
    expect(server.received).toHaveLength(1);
  });

  test('with retries: 0', async () => {
    await using server = scriptedServer([busy(), done]);
    expect((await failure(client(server.url, { retries: 0 }).http.request('GET', '/v1/status'))).status).toBe(
      503,
    );
  });

  test.each([
    [
      'HTML',
      { status: 200, body: '<html>', headers: { 'content-type': 'text/html; charset=utf-8' } },
      'answered 200 (text/html)',
    ],
    [
      'JSON of another kind',
      { status: 404, body: '{"message":"Not Found"}' },
      'answered 404 (application/json)',
    ],
    ['nothing', { status: 200, body: '' }, 'answered 200'],
    ['an error without a code', { status: 400, body: '{"error":"bad"}' }, 'answered 400'],
    [
      'a redirect',
      { status: 301, headers: { location: 'https://elsewhere.example/' } },
      'redirect to https://elsewhere.example/',
    ],
  ])('a server that answers %s is not Segflow', async (_what, step, message) => {
    await using server = scriptedServer([step, done]);
    const error = await failure(client(server.url).http.request('GET', '/v1/status'));
    expect(error).toMatchObject({ code: 'unreachable', status: step.status });
    expect(error.message).toContain(message);
    expect(error.hint).toContain('url');
    expect(server.received).toHaveLength(1);
  });
});

describe('an aborted signal', () => {
  test('stops before the first request', async () => {
    await using server = scriptedServer([done]);
    const { http } = client(server.url);
    const reason = new Error('changed my mind');
    const promise = http.request('GET', '/v1/status', { signal: AbortSignal.abort(reason) });
    expect(await promise.catch((error: unknown) => error)).toBe(reason);
    expect(server.received).toEqual([]);
  });

  test('stops a request under way, without a retry', async () => {
    await using server = scriptedServer(['silence', done]);
    const { http, waits } = client(server.url);
    const controller = new AbortController();
    const promise = http.request('GET', '/v1/status', { signal: controller.signal });
    const outcome = promise.catch((error: unknown) => error);
    await server.arrived(1);
    const reason = new Error('changed my mind');
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect([server.received.length, waits]).toEqual([1, []]);
  });

  test('stops a wait between two tries', async () => {
    await using server = scriptedServer([busy({ 'retry-after': '30' }), done]);
    const http = new Http({ url: server.url, apiKey: 'k' });
    const controller = new AbortController();
    const outcome = http
      .request('GET', '/v1/status', { signal: controller.signal })
      .catch((error: unknown) => error);
    await server.arrived(1);
    const reason = new Error('changed my mind');
    setTimeout(() => controller.abort(reason), 20);
    expect(await outcome).toBe(reason);
    expect(server.received).toHaveLength(1);
  });
});

test('waits for real between tries', async () => {
  await using server = scriptedServer([busy({ 'retry-after': '0' }), done]);
  expect(await new Http({ url: server.url, apiKey: 'k' }).request<object>('GET', '/v1/status')).toEqual({
    done: true,
  });
});
