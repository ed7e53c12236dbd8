import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createConnection } from 'mysql2/promise';
import { systemClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/open.ts';
import { user } from './conformance/rows.ts';
import { createDatabase } from './database.ts';

setDefaultTimeout(180_000);

const server = process.env.SEGFLOW_TEST_MARIADB_URL;

describe.skipIf(server === undefined)('a database at a socket', () => {
  test('is used without any port', async () => {
    await using database = await createDatabase(server!);
    const url = await atSocket(database.url);
    await using store = await openStore({ url, clock: systemClock });
    await store.putUsers([user('ann', { n: 1 })]);
    expect(await store.getUser('ann')).toMatchObject({ id: 'ann', attributes: { n: 1 } });
    // The server tells who came how.
    const admin = await createConnection({ uri: database.url });
    const [rows] = await admin.query('select host from information_schema.processlist where db = ?', [
      new URL(database.url).pathname.slice(1),
    ]);
    await admin.end();
    const hosts = (rows as { host: string }[]).map(({ host }) => host);
    expect(hosts.filter((host) => host === 'localhost').length).toBeGreaterThan(1);
  });

  test('that is not there: which one, and no password', async () => {
    await using database = await createDatabase(server!);
    const url = new URL(await atSocket(database.url));
    url.searchParams.set('socketPath', '/nowhere/server.sock');
    const failure = await openStore({ url: url.href, clock: systemClock }).catch((error) => error);
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('/nowhere/server.sock'),
    });
    expect(Bun.inspect(failure, { depth: 10 })).not.toContain('segflow:segflow');
  });
});

/** The same database by the server's own socket, as a URL whose host and port nothing listens at. */
async function atSocket(text: string): Promise<string> {
  const connection = await createConnection({ uri: text });
  const [rows] = await connection.query('select @@socket as path');
  await connection.end();
  const url = new URL(text);
  url.host = 'nowhere.invalid:1';
  url.searchParams.set('socketPath', (rows as { path: string }[])[0]!.path);
  return url.href;
}
