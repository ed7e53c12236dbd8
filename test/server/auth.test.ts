import { describe, expect, test } from 'bun:test';
import { createApp } from '../../src/server/app.ts';
import { errorOf, harness, KEY } from './harness.ts';
import { MemoryBackend } from './memory-backend.ts';

const ROUTES = [
  ['PUT', '/v1/users/ann'],
  ['PATCH', '/v1/users/ann'],
  ['GET', '/v1/users/ann'],
  ['DELETE', '/v1/users/ann'],
  ['POST', '/v1/events'],
  ['POST', '/v1/batch'],
  ['GET', '/v1/messages'],
  ['GET', '/v1/status'],
  ['POST', '/v1/deployments'],
  ['GET', '/v1/deployments'],
] as const;

test.each(ROUTES)('%s %s needs the key, before anything else is looked at', async (method, path) => {
  const { app, backend } = harness();
  backend.users.set('ann', {});
  const response = await app.request(`${path}?nonsense=1`, {
    method,
    ...(method === 'GET' ? {} : { body: 'x' }),
  });
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect((await errorOf(response, 401)).code).toBe('unauthorized');
  expect(backend.users.size).toBe(1);
});

test('a path or method that does not exist is not told without the key', async () => {
  const { app } = harness();
  await errorOf(await app.request('/v1/nothing'), 401);
  await errorOf(await app.request('/v1/status', { method: 'POST' }), 401);
});

test.each(['/healthz', '/readyz', '/openapi.json'])('%s is open', async (path) => {
  const { app } = harness();
  expect((await app.request(path)).status).toBe(200);
});

test.each([`Bearer ${KEY}`, `bearer ${KEY}`, `Bearer   ${KEY} `])('%j is taken', async (authorization) => {
  const { app } = harness();
  expect((await app.request('/v1/status', { headers: { authorization } })).status).toBe(200);
});

test.each([
  '',
  'Bearer',
  'Bearer ',
  KEY,
  `Basic ${KEY}`,
  `Bearer ${KEY}x`,
  `Bearer ${KEY.slice(1)}`,
  `Bearer ${KEY.toUpperCase()}`,
  `Bearer ${KEY} ${KEY}`,
  `Bearer ${KEY}, Bearer ${KEY}`,
  `Bearer ${'x'.repeat(10_000)}`,
  'Bearer é',
])('%j is not', async (authorization) => {
  const { app, log } = harness();
  const error = await errorOf(await app.request('/v1/status', { headers: { authorization } }), 401);
  expect(JSON.stringify([error, log])).not.toContain(`${KEY}"`);
});

test.each(['', 'two words', 'ключ', 'tab\t'])(
  'a server cannot have the key %j, which no client could send',
  (apiKey) => {
    expect(() => createApp({ backend: new MemoryBackend(), apiKey, version: '1' })).toThrow(
      'printable ASCII',
    );
  },
);

describe('other origins', () => {
  test('a browser may ask first, without the key', async () => {
    const { app } = harness();
    const response = await app.request('/v1/users/ann', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')?.split(',')).toContain('PUT');
    expect(response.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    expect(response.headers.has('access-control-allow-credentials')).toBe(false);
  });

  test('answers, refusals too, can be read', async () => {
    const { app, call } = harness();
    const answers = [
      await call('GET', '/v1/status'),
      await call('GET', '/v1/users/nobody'),
      await call('GET', '/v1/nothing'),
      await app.request('/v1/status'),
    ];
    expect(answers.map((answer) => answer.headers.get('access-control-allow-origin'))).toEqual([
      '*',
      '*',
      '*',
      '*',
    ]);
  });
});
