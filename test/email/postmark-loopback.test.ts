import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Postmark, startPostmark } from '../helpers/postmark.ts';

const MESSAGE = { From: 'a@example.com', To: 'b@example.com', Subject: 'x', TextBody: 'y' };

describe('the loopback Postmark', () => {
  test.each([
    ['no token', 'POST', '/email', { 'X-Postmark-Server-Token': '' }, '{}', 401, 10],
    ['no such path', 'GET', '/nowhere', {}, undefined, 404, 0],
    ['the wrong method', 'GET', '/email/batch', {}, undefined, 405, 0],
    ['no JSON type', 'POST', '/email', { 'Content-Type': 'text/plain' }, '{}', 415, 409],
    ['broken JSON', 'POST', '/email', {}, '{"From":', 422, 402],
    ['one message to /email/batch', 'POST', '/email/batch', {}, JSON.stringify(MESSAGE), 422, 403],
    ['501 messages', 'POST', '/email/batch', {}, JSON.stringify(Array(501).fill(MESSAGE)), 422, 410],
    ['11 MB in one email', 'POST', '/email', {}, ' '.repeat(11 * 1024 * 1024), 413, 300],
    ['a search without count', 'GET', '/messages/outbound?offset=0', {}, undefined, 422, 700],
    ['a search for 501', 'GET', '/messages/outbound?count=501&offset=0', {}, undefined, 422, 700],
    ['details of nothing', 'GET', '/messages/outbound/none/details', {}, undefined, 422, 701],
  ])('%s', async (_name, method, path, headers, body, status, code) => {
    await using postmark = await startPostmark();
    const response = await request(postmark, path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ ErrorCode: code });
    expect(postmark.accepted).toEqual([]);
  });

  test.each([
    [{ From: '' }, 300],
    [{ From: 'a@example.com, c@example.com' }, 300],
    [{ To: '' }, 300],
    [{ To: 'nobody' }, 300],
    [{ To: Array.from({ length: 51 }, (_, index) => `u${index}@example.com`).join() }, 300],
    [{ TextBody: '' }, 300],
    [{ Subject: 'a\nb' }, 300],
    [{ Tag: 'x'.repeat(1_001) }, 300],
    [{ Metadata: { ['k'.repeat(21)]: 'v' } }, 300],
    [{ Metadata: { k: 'v'.repeat(81) } }, 300],
    [{ MessageStream: 'nowhere' }, 1235],
    [{ To: 'Gone@example.com' }, 406],
    [{}, 0],
  ])('judges %j', async (changes, code) => {
    await using postmark = await startPostmark();
    postmark.deactivate('gone@example.com');
    const body = JSON.stringify({ ...MESSAGE, ...changes });
    const single = await request(postmark, '/email', { method: 'POST', body });
    expect(single.status).toBe(code === 0 ? 200 : 422);
    expect(await single.json()).toMatchObject({ ErrorCode: code });
    const batch = await request(postmark, '/email/batch', { method: 'POST', body: `[${body}]` });
    expect(batch.status).toBe(200);
    expect(await batch.json()).toMatchObject([{ ErrorCode: code }]);
    expect(postmark.accepted).toHaveLength(code === 0 ? 2 : 0);
  });

  test('finds what it accepted, by metadata, tag and recipient, once the lag is over', async () => {
    await using postmark = await startPostmark();
    const batch = [1, 2, 3].map((number) => ({
      ...MESSAGE,
      To: `u${number}@example.com`,
      Tag: number === 3 ? 'other' : 'same',
      Metadata: { 'Some-Key': `v${number}` },
    }));
    await request(postmark, '/email/batch', { method: 'POST', body: JSON.stringify(batch) });
    const search = async (query: string) => {
      const response = await request(postmark, `/messages/outbound?count=10&offset=0&${query}`);
      return (await response.json()) as { TotalCount: number; Messages: { Recipients: string[] }[] };
    };
    expect((await search('metadata_some-key=v2')).Messages).toMatchObject([
      { Recipients: ['u2@example.com'] },
    ]);
    expect((await search('tag=same')).TotalCount).toBe(2);
    expect((await search('recipient=U3@example.com')).TotalCount).toBe(1);
    expect((await search('messagestream=broadcast')).TotalCount).toBe(0);
    postmark.searchLagMs = 60_000;
    expect((await search('tag=same')).TotalCount).toBe(0);
    const id = postmark.accepted[0]!.MessageID;
    expect(await (await request(postmark, `/messages/outbound/${id}/details`)).json()).toMatchObject({
      MessageID: id,
      TextBody: 'y',
    });
  });

  test('holds a request before or after it accepted, until it is released', async () => {
    await using postmark = await startPostmark();
    for (const [hold, accepted] of [
      ['before-accept', 0],
      ['after-accept', 2],
    ] as const) {
      postmark.fault({ hold });
      const sending = request(postmark, '/email', { method: 'POST', body: JSON.stringify(MESSAGE) });
      await postmark.reached();
      expect(postmark.held).toBe(1);
      expect(postmark.accepted).toHaveLength(accepted);
      postmark.release();
      expect((await sending).status).toBe(200);
    }
  });

  test('knows an email that it was given twice', async () => {
    await using postmark = await startPostmark();
    const body = JSON.stringify({ ...MESSAGE, Metadata: { 'segflow-message': 'msg_1' } });
    await request(postmark, '/email', { method: 'POST', body });
    expect(postmark.duplicates()).toEqual([]);
    await request(postmark, '/email', { method: 'POST', body });
    expect(postmark.duplicates()).toEqual(['msg_1']);
    expect(postmark.to('B@example.com')).toHaveLength(2);
  });

  test('runs as a program that is controlled over HTTP and remembers in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'segflow-postmark-'));
    try {
      const file = join(folder, 'accepted.jsonl');
      await using first = await program(file);
      await control(first.url, { end: 'drop' });
      await control(first.url, { deactivate: 'gone@example.com' });
      const send = (url: string, body: object) =>
        fetch(`${url}/email`, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });
      expect(await send(first.url, MESSAGE).catch(() => 'dropped')).toBe('dropped');
      expect((await send(first.url, { ...MESSAGE, To: 'gone@example.com' })).status).toBe(422);
      await first[Symbol.asyncDispose]();

      await using second = await program(file);
      expect((await control(second.url)).accepted).toMatchObject([{ message: MESSAGE }]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

const HEADERS = {
  'Content-Type': 'application/json',
  Accept: 'application/json',
  'X-Postmark-Server-Token': 'test-token',
};

function request(postmark: Postmark, path: string, init: RequestInit & { headers?: object } = {}) {
  return fetch(postmark.url + path, { ...init, headers: { ...HEADERS, ...init.headers } });
}

async function control(url: string, wish?: object): Promise<{ accepted: object[] }> {
  const init = wish ? { method: 'POST', body: JSON.stringify(wish) } : {};
  return (await (await fetch(`${url}/_control`, init)).json()) as { accepted: object[] };
}

async function program(file: string) {
  const path = join(import.meta.dir, '..', 'helpers', 'postmark-server.ts');
  const child = Bun.spawn([process.execPath, path, '--file', file], { stdout: 'pipe', stderr: 'inherit' });
  const reader = child.stdout.getReader();
  let line = '';
  while (!line.includes('\n')) line += new TextDecoder().decode((await reader.read()).value);
  reader.releaseLock();
  return {
    url: line.trim(),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}
