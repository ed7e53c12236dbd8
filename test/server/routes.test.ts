import { describe, expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { errorOf, harness, NOW } from './harness.ts';

const CHANGES = {
  segments: { entered: ['all-users'], left: [] },
  campaigns: { entered: ['welcome'], left: [] },
};

describe('users', () => {
  test('PUT creates with 201, then merges with 200', async () => {
    const { call } = harness();
    const created = await call('PUT', '/v1/users/ann', {
      body: { attributes: { plan: 'pro', address: { city: 'Bonn' } } },
    });
    expect(created.status).toBe(201);
    expect(await created.json()).toEqual({
      user: { id: 'ann', attributes: { plan: 'pro', address: { city: 'Bonn' } } },
      created: true,
    });
    const merged = await call('PUT', '/v1/users/ann', {
      body: { attributes: { plan: null, address: { zip: '1' } } },
    });
    expect(merged.status).toBe(200);
    expect(await merged.json()).toEqual({
      user: { id: 'ann', attributes: { address: { city: 'Bonn', zip: '1' } } },
      created: false,
    });
  });

  test('attributes may be left out', async () => {
    const { call, backend } = harness();
    expect((await call('PUT', '/v1/users/ann', { body: {} })).status).toBe(201);
    expect(backend.users.get('ann')).toEqual({});
  });

  test('PATCH merges, and knows only users that exist', async () => {
    const { call } = harness();
    const error = await errorOf(
      await call('PATCH', '/v1/users/ann', { body: { attributes: { a: 1 } } }),
      404,
    );
    expect(error.code).toBe('user_not_found');
    await call('PUT', '/v1/users/ann', { body: {} });
    const answer = await call('PATCH', '/v1/users/ann', { body: { attributes: { a: 1 } } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ user: { id: 'ann', attributes: { a: 1 } }, created: false });
  });

  test('GET gives the journey', async () => {
    const { call } = harness();
    await call('PUT', '/v1/users/ann', { body: { attributes: { a: 1 } } });
    const answer = await call('GET', '/v1/users/ann');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: 'ann', attributes: { a: 1 }, segments: ['all-users'] });
    expect((await errorOf(await call('GET', '/v1/users/bob'), 404)).code).toBe('user_not_found');
  });

  test('DELETE answers 204 once, then 404', async () => {
    const { call, backend } = harness();
    await call('PUT', '/v1/users/ann', { body: {} });
    const gone = await call('DELETE', '/v1/users/ann');
    expect(gone.status).toBe(204);
    expect(await gone.text()).toBe('');
    expect(backend.users.size).toBe(0);
    expect((await errorOf(await call('DELETE', '/v1/users/ann'), 404)).code).toBe('user_not_found');
  });

  test.each([
    'a/b',
    'a%2Fb',
    '%',
    'a?b#c',
    'ann@example.com',
    'käthe 😀',
    '...',
    '.a',
    'a\\b',
    '-',
    'constructor',
    '__proto__',
    'x'.repeat(255),
  ])('the id %p works in the path', async (id) => {
    const { call, backend } = harness();
    const path = `/v1/users/${encodeURIComponent(id)}`;
    expect((await call('PUT', path, { body: { attributes: { a: 1 } } })).status).toBe(201);
    expect([...backend.users.keys()]).toEqual([id]);
    expect(await (await call('GET', path)).json()).toMatchObject({ id });
    expect((await call('DELETE', path)).status).toBe(204);
  });
});

describe('events', () => {
  test('POST stores the event and answers 202', async () => {
    const { call, backend } = harness();
    await call('PUT', '/v1/users/ann', { body: {} });
    const body = { userId: 'ann', name: 'purchase', attributes: { value: 1 }, messageId: 'm1' };
    const answer = await call('POST', '/v1/events', { body });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ event: { userId: 'ann', name: 'purchase', duplicate: false } });
    expect(backend.events).toEqual([{ type: 'event', ...body }]);
    const again = await call('POST', '/v1/events', { body });
    expect(await again.json()).toEqual({ event: { userId: 'ann', name: 'purchase', duplicate: true } });
  });

  test('createdAt goes on as milliseconds, with its offset counted', async () => {
    const { call, backend } = harness();
    await call('PUT', '/v1/users/ann', { body: {} });
    const body = { userId: 'ann', name: 'login', createdAt: '2026-05-31T12:00:00.123+02:00' };
    expect((await call('POST', '/v1/events', { body })).status).toBe(202);
    expect(backend.events[0]?.createdAt).toBe(Date.parse('2026-05-31T10:00:00.123Z'));
  });

  test('a clock a little ahead counts as now; one far ahead is refused', async () => {
    const { call, backend } = harness();
    await call('PUT', '/v1/users/ann', { body: {} });
    const at = (ms: number) => ({
      userId: 'ann',
      name: 'login',
      createdAt: new Date(NOW + ms).toISOString(),
    });
    expect((await call('POST', '/v1/events', { body: at(59_000) })).status).toBe(202);
    expect(backend.events[0]?.createdAt).toBe(NOW);
    const error = await errorOf(await call('POST', '/v1/events', { body: at(61_000) }), 400);
    expect(error.details).toMatchObject([{ path: 'createdAt', message: 'lies in the future' }]);
    expect(backend.events).toHaveLength(1);
  });

  test('an event of an unknown user is a clear 404', async () => {
    const { call } = harness();
    const error = await errorOf(
      await call('POST', '/v1/events', { body: { userId: 'nobody', name: 'x' } }),
      404,
    );
    expect(error).toMatchObject({ code: 'user_not_found', message: 'there is no user "nobody"' });
  });
});

describe('wait=true', () => {
  test('answers with the changes', async () => {
    const { call, backend } = harness();
    const user = await call('PUT', '/v1/users/ann?wait=true', { body: {} });
    expect(await user.json()).toMatchObject({ created: true, changes: CHANGES });
    const patched = await call('PATCH', '/v1/users/ann?wait=true', { body: {} });
    expect(await patched.json()).toMatchObject({ created: false, changes: CHANGES });
    const event = await call('POST', '/v1/events?wait=true', { body: { userId: 'ann', name: 'x' } });
    expect(await event.json()).toMatchObject({ event: { name: 'x' }, changes: CHANGES });
    expect(backend.awaited).toEqual(['ann', 'ann', 'ann']);
    const plain = await call('PUT', '/v1/users/ann?wait=false', { body: {} });
    expect(await plain.json()).not.toHaveProperty('changes');
    expect(backend.awaited).toHaveLength(3);
  });

  test('does not wait for what was rejected', async () => {
    const { call, backend } = harness();
    const answer = await call('PATCH', '/v1/users/nobody?wait=true', { body: {} });
    expect((await errorOf(answer, 404)).code).toBe('user_not_found');
    expect(backend.awaited).toEqual([]);
  });
});

describe('batch', () => {
  test('applies all kinds in order, and rejects one alone', async () => {
    const { call, backend } = harness();
    const answer = await call('POST', '/v1/batch', {
      body: {
        operations: [
          { type: 'event', userId: 'ann', name: 'too-early' },
          { type: 'user', id: 'ann', attributes: { a: 1 } },
          { type: 'event', userId: 'ann', name: 'login', createdAt: '2026-01-01T00:00:00Z' },
          { type: 'user', id: 'bob' },
          { type: 'delete', id: 'bob' },
        ],
      },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      accepted: 4,
      rejected: 1,
      results: [
        {
          ok: false,
          error: { code: 'user_not_found', message: 'there is no user "ann"', hint: 'Add it first.' },
        },
        { ok: true },
        { ok: true },
        { ok: true },
        { ok: true },
      ],
    });
    expect([...backend.users]).toEqual([['ann', { a: 1 }]]);
    expect(backend.events).toMatchObject([{ name: 'login', createdAt: Date.parse('2026-01-01T00:00:00Z') }]);
  });

  test('takes 1,000 operations, not 1,001, not none', async () => {
    const { call, backend } = harness();
    const operations = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ type: 'user', id: `u${i}` }));
    const answer = await call('POST', '/v1/batch', { body: { operations: operations(1000) } });
    expect(await answer.json()).toMatchObject({ accepted: 1000, rejected: 0 });
    expect(backend.users.size).toBe(1000);
    const error = await errorOf(
      await call('POST', '/v1/batch', { body: { operations: operations(1001) } }),
      400,
    );
    expect(error.details).toMatchObject([
      { path: 'operations', expected: 'a list of at most 1000', got: 'a list of 1001' },
    ]);
    await errorOf(await call('POST', '/v1/batch', { body: { operations: [] } }), 400);
  });

  test('one malformed operation refuses the whole batch', async () => {
    const { call, backend } = harness();
    const answer = await call('POST', '/v1/batch', {
      body: {
        operations: [
          { type: 'user', id: 'ann' },
          { type: 'user', id: '' },
          { type: 'visit', id: 'x' },
        ],
      },
    });
    const error = await errorOf(answer, 400);
    expect(error.details).toMatchObject([
      { path: 'operations[1].id' },
      { path: 'operations[2].type', got: '"visit"' },
    ]);
    expect(backend.users.size).toBe(0);
  });

  test('every event from the future is listed', async () => {
    const { call } = harness();
    const future = { type: 'event', userId: 'a', name: 'n', createdAt: '2099-01-01T00:00:00Z' };
    const answer = await call('POST', '/v1/batch', {
      body: { operations: [future, { type: 'delete', id: 'a' }, future] },
    });
    expect((await errorOf(answer, 400)).details).toMatchObject([
      { path: 'operations[0].createdAt' },
      { path: 'operations[2].createdAt' },
    ]);
  });
});

describe('idempotency', () => {
  test('the same request gives the first answer, applied once', async () => {
    const { call, backend } = harness();
    const headers = { 'idempotency-key': 'k-1' };
    const first = await call('PUT', '/v1/users/ann', { body: { attributes: { a: 1 } }, headers });
    await call('PUT', '/v1/users/ann', { body: { attributes: { a: 2 } } });
    const second = await call('PUT', '/v1/users/ann', { body: { attributes: { a: 1 } }, headers });
    expect([second.status, await second.json()]).toEqual([first.status, await first.json()]);
    expect(second.status).toBe(201);
    expect(backend.users.get('ann')).toEqual({ a: 2 });
  });

  test.each([
    ['another body', 'PUT', '/v1/users/ann', { attributes: { a: 2 } }],
    ['another path', 'PUT', '/v1/users/bob', { attributes: { a: 1 } }],
    ['another method', 'PATCH', '/v1/users/ann', { attributes: { a: 1 } }],
  ])('the same key with %s is refused', async (_what, method, path, body) => {
    const { call } = harness();
    const headers = { 'idempotency-key': 'k-1' };
    await call('PUT', '/v1/users/ann', { body: { attributes: { a: 1 } }, headers });
    const error = await errorOf(await call(method, path, { body, headers }), 422);
    expect(error.code).toBe('idempotency_key_reused');
  });

  test('works for events, batches and deletes', async () => {
    const { call, backend } = harness();
    await call('PUT', '/v1/users/ann', { body: {} });
    for (let i = 0; i < 2; i++) {
      await call('POST', '/v1/events', {
        body: { userId: 'ann', name: 'a' },
        headers: { 'idempotency-key': 'event' },
      });
      await call('POST', '/v1/batch', {
        body: { operations: [{ type: 'event', userId: 'ann', name: 'b' }] },
        headers: { 'idempotency-key': 'batch' },
      });
    }
    expect(backend.events.map(({ name }) => name)).toEqual(['a', 'b']);
    for (let i = 0; i < 2; i++) {
      const gone = await call('DELETE', '/v1/users/ann', { headers: { 'idempotency-key': 'delete' } });
      expect(gone.status).toBe(204);
    }
  });

  test.each(['x'.repeat(256), 'ü', ''])('the key %p is refused', async (key) => {
    const { call } = harness();
    const answer = await call('PUT', '/v1/users/ann', { body: {}, headers: { 'idempotency-key': key } });
    expect((await errorOf(answer, 400)).message).toContain('Idempotency-Key');
  });

  test('a key of 255 characters is taken', async () => {
    const { call } = harness();
    const headers = { 'idempotency-key': 'k y'.padEnd(255, '!') };
    expect((await call('PUT', '/v1/users/ann', { body: {}, headers })).status).toBe(201);
  });
});

describe('reading', () => {
  test('messages pass their filters on', async () => {
    const { call, backend } = harness();
    const answer = await call(
      'GET',
      '/v1/messages?user=a%2Fb&status=sent&campaign=welcome&template=t&before=msg_1&limit=7',
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject([{ id: 'msg_1', userId: 'a/b' }]);
    await call('GET', '/v1/messages');
    expect(backend.queries).toEqual([
      { userId: 'a/b', status: 'sent', campaign: 'welcome', template: 't', before: 'msg_1', limit: 7 },
      { userId: undefined, limit: 100 },
    ]);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=1.5',
    'limit=1&limit=2',
    'status=lost',
    'user=',
    'usr=x',
    'before=a/b',
  ])('?%s is refused', async (query) => {
    const { call, backend } = harness();
    const error = await errorOf(await call('GET', `/v1/messages?${query}`), 400);
    expect(error.details).toMatchObject([{ path: query.split('=')[0]!.trim() }]);
    expect(backend.queries).toEqual([]);
  });

  test('status, deployments and the health routes answer', async () => {
    const { app, call, backend } = harness();
    expect(await (await call('GET', '/v1/status')).json()).toMatchObject({ store: 'memory', users: 0 });
    expect(await (await call('GET', '/v1/deployments')).json()).toMatchObject([
      { id: 'abc', active: true },
      {},
    ]);
    expect(await (await app.request('/healthz')).json()).toEqual({ ok: true, version: '1.2.3' });
    expect(await (await app.request('/readyz')).json()).toEqual({ ready: true });
    backend.reason = 'migrating';
    const notReady = await app.request('/readyz');
    expect(notReady.headers.get('retry-after')).toBe('1');
    expect(await errorOf(notReady, 503)).toMatchObject({
      code: 'unavailable',
      message: 'not ready: migrating',
    });
    expect((await app.request('/healthz')).status).toBe(200);
  });
});

describe('deployments', () => {
  test('POST pushes code and environment', async () => {
    const { call, backend } = harness();
    const body = { code: 'export default {}', environment: { POSTMARK_API_KEY: 'p' } };
    const answer = await call('POST', '/v1/deployments', { body });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ deployment: 'abc', environment: ['POSTMARK_API_KEY'] });
    await call('POST', '/v1/deployments', { body: { code: 'x' } });
    const preset = { dryRun: false, inFlight: 'migrate', existing: 'enter', origin: {} } as const;
    expect(backend.pushed).toEqual([
      { ...body, ...preset },
      { code: 'x', environment: {}, ...preset },
    ]);
  });

  test('takes more than 1 MiB', async () => {
    const { call, backend } = harness();
    const code = `//${'x'.repeat(2 * 1024 * 1024)}`;
    expect((await call('POST', '/v1/deployments', { body: { code } })).status).toBe(201);
    expect(backend.pushed[0]?.code.length).toBe(code.length);
  });

  test('problems of the config come as details', async () => {
    const { call, backend } = harness();
    const details = [{ path: 'campaigns.a', message: 'unknown segment' }];
    backend.failWith = new SegflowError('invalid_config', 'the config has 1 problem', {
      hint: 'Fix it.',
      details,
    });
    const error = await errorOf(await call('POST', '/v1/deployments', { body: { code: 'x' } }), 422);
    expect(error).toMatchObject({ code: 'invalid_config', details });
  });

  test('a dry run answers 200 with the plan; a plan under way, 202; choices are checked', async () => {
    const { call, backend } = harness();
    const choice = { dryRun: true, inFlight: 'pin', existing: 'skip' };
    backend.planning.push({ stage: 'people', done: 5, total: 10 });
    const under = await call('POST', '/v1/deployments', { body: { code: 'x', ...choice } });
    expect([under.status, await under.json()]).toEqual([
      202,
      { planning: { stage: 'people', done: 5, total: 10 } },
    ]);
    const planned = await call('POST', '/v1/deployments', { body: { code: 'x', ...choice } });
    expect(planned.status).toBe(200);
    expect(await planned.json()).toMatchObject({ applied: false, plan: { token: 'token', inFlight: 'pin' } });
    const wrong = await call('POST', '/v1/deployments', { body: { code: 'x', inFlight: 'drop' } });
    expect(await errorOf(wrong, 400)).toMatchObject({ code: 'invalid_input' });
  });

  test('POST /v1/rollback', async () => {
    const { call, backend } = harness();
    expect((await call('POST', '/v1/rollback', { body: {} })).status).toBe(200);
    await call('POST', '/v1/rollback', { body: { deployment: 'abc', plan: 'token' } });
    expect(backend.rolledBack).toMatchObject([{ inFlight: 'migrate' }, { deployment: 'abc', plan: 'token' }]);
    backend.failWith = new SegflowError('conflict', 'another came between', { hint: 'Again.' });
    expect(await errorOf(await call('POST', '/v1/rollback', { body: {} }), 409)).toMatchObject({
      code: 'conflict',
    });
  });
});

describe('operating', () => {
  test('pauses', async () => {
    const { call } = harness();
    const made = await call('POST', '/v1/pauses', { body: { campaign: 'welcome', reason: 'typo' } });
    expect([made.status, await made.json()]).toMatchObject([201, { campaign: 'welcome', reason: 'typo' }]);
    await call('POST', '/v1/pauses', { body: {} });
    expect(await (await call('GET', '/v1/pauses')).json()).toMatchObject([
      { campaign: 'welcome' },
      { campaign: null },
    ]);
    expect((await call('DELETE', '/v1/pauses?campaign=welcome')).status).toBe(204);
    expect((await call('DELETE', '/v1/pauses')).status).toBe(204);
    expect(await errorOf(await call('DELETE', '/v1/pauses'), 404)).toMatchObject({ code: 'not_found' });
  });

  test('retries', async () => {
    const { call, backend } = harness();
    const answer = await call('POST', '/v1/retries', { body: { campaign: 'welcome', run: 3 } });
    expect(await answer.json()).toEqual({ retried: 2 });
    expect(backend.retried).toEqual([{ campaign: 'welcome', run: 3 }]);
    expect((await call('POST', '/v1/retries', { body: { run: 'three' } })).status).toBe(400);
  });

  test("explains by the user's id, however it is written", async () => {
    const { call } = harness();
    await call('PUT', '/v1/users/a%2Fb', { body: {} });
    const answer = await call('GET', '/v1/users/a%2Fb/explain?campaign=welcome');
    expect(await answer.json()).toMatchObject({ user: 'a/b', campaigns: [{ campaign: 'welcome' }] });
    expect((await call('GET', '/v1/users/nobody/explain')).status).toBe(404);
  });
});
