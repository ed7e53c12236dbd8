import { expect, test } from 'bun:test';
import { type ErrorCode, HTTP_STATUS, SegflowError } from '../../src/core/errors.ts';
import { errorOf, harness } from './harness.ts';

/** Codes of what passes though nobody changes anything. */
const PASSING = ['unavailable', 'unreachable', 'store_locked', 'lease_lost', 'provider_error'];

test.each(Object.entries(HTTP_STATUS) as [ErrorCode, number][])('%s answers %d', async (code, status) => {
  const { call, backend } = harness();
  backend.failWith = new SegflowError(code, 'what happened', {
    hint: 'what to do',
    details: [{ path: 'a' }],
  });
  const response = await call('GET', '/v1/status');
  const retryable = PASSING.includes(code);
  expect(response.headers.get('retry-after')).toBe(retryable ? '1' : null);
  expect(await errorOf(response, status)).toEqual({
    code,
    message: 'what happened',
    hint: 'what to do',
    details: [{ path: 'a' }],
    retryable,
  });
});

test('whoever throws an error may know better than its code whether it passes', async () => {
  const { call, backend } = harness();
  backend.failWith = new SegflowError('unavailable', 'a migration is missing', {
    hint: 'Run segflow migrate.',
    retryable: false,
  });
  const response = await call('GET', '/v1/status');
  expect(response.headers.get('retry-after')).toBeNull();
  expect(await errorOf(response, 503)).toMatchObject({ retryable: false });
});

test.each([
  ['an Error', new Error('password=hunter2 for ann@example.com')],
  ['a TypeError', new TypeError("cannot read 'x'")],
  ['a text', 'just a text about ann@example.com'],
  ['an object', { secret: 1 }],
  ['null', null],
])('%s is answered as internal and not leaked', async (_what, thrown) => {
  const { call, backend, log } = harness();
  backend.failWith = thrown;
  const response = await call('GET', '/v1/users/ann%40example.com');
  const requestId = response.headers.get('x-request-id')!;
  const error = await errorOf(response, 500);
  expect(error).toEqual({
    code: 'internal',
    message: 'something went wrong inside Segflow',
    retryable: false,
    hint: `It is in the server's log as ${requestId}.`,
  });
  expect(log).toHaveLength(1);
  expect(log[0]).toStartWith(`${requestId} GET`);
  expect(log[0]).not.toContain('@example.com');
  expect(log[0]).not.toContain('\n');
});

test('an unexpected error is logged with its place in the code', async () => {
  const { call, backend, log } = harness();
  backend.failWith = new TypeError('cannot do that');
  await call('PUT', '/v1/users/ann', { body: { attributes: { secret: 'hunter2' } } });
  expect(log[0]).toContain('PUT /v1/users/:id internal: TypeError: cannot do that | at ');
  expect(log[0]).toContain('errors.test.ts:');
  expect(log[0]).not.toContain('hunter2');
});

test('what the client did wrong is not logged; what failed on purpose is', async () => {
  const { call, backend, log } = harness();
  await call('GET', '/v1/nothing');
  await call('PUT', '/v1/users/ann', { raw: '{' });
  await call('GET', '/v1/users/nobody');
  expect(log).toEqual([]);
  backend.failWith = new SegflowError('unavailable', 'the store is busy');
  const response = await call('GET', '/v1/status');
  expect(log).toEqual([
    `${response.headers.get('x-request-id')} GET /v1/status unavailable: the store is busy`,
  ]);
});

test('every answer has a request id of its own, and is not kept by caches', async () => {
  const { app, call } = harness();
  const answers = [
    await call('GET', '/v1/status'),
    await app.request('/healthz'),
    await call('GET', '/v1/nothing'),
  ];
  const ids = answers.map((answer) => answer.headers.get('x-request-id'));
  expect(new Set(ids).size).toBe(3);
  expect(answers.map((answer) => answer.headers.get('cache-control'))).toEqual([
    'no-store',
    'no-store',
    'no-store',
  ]);
});

test('a backend that breaks its contract is an internal error, not a wrong answer', async () => {
  const { call, backend } = harness();
  backend.submit = async () => [];
  expect((await errorOf(await call('PUT', '/v1/users/ann', { body: {} }), 500)).code).toBe('internal');
  backend.submit = async () => [{ ok: true, type: 'delete' }];
  expect((await errorOf(await call('PUT', '/v1/users/ann', { body: {} }), 500)).code).toBe('internal');
});

test('an outage that meets every request is logged once a minute, with what it is', async () => {
  const { call, backend, log } = harness();
  backend.failWith = new SegflowError('unavailable', 'the disk is full');
  for (let i = 0; i < 5; i++) await call('GET', '/v1/status');
  expect(log).toHaveLength(1);
  expect(log[0]).toContain('the disk is full');
  backend.failWith = new SegflowError('unavailable', 'the disk failed');
  await call('GET', '/v1/status');
  expect(log).toHaveLength(2);
});
