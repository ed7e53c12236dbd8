import { describe, expect, setDefaultTimeout } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { project } from '../helpers/project.ts';
import { test } from '../helpers/witnessed-test.ts';
import { createDatabase } from '../store/database.ts';

setDefaultTimeout(180_000);

test('says what is to run, runs it once, says when it ran', async () => {
  await using machine = await project();
  type Item = { version: number; name: string; appliedAt: string | null };
  const before = await machine.json<Item[]>(['migrate', '--status']);
  expect(before.length).toBeGreaterThan(0);
  expect(before.every(({ appliedAt }) => appliedAt === null)).toBe(true);
  const { sql } = await machine.json<{ sql: string }>(['migrate', '--print']);
  expect(sql.toLowerCase()).toContain('create table');
  expect(await readdir(machine.path)).toEqual([]);

  const ran = await machine.json<Item[]>(['migrate']);
  expect(ran.map(({ version }) => version)).toEqual(before.map(({ version }) => version));
  expect(await machine.json<Item[]>(['migrate', '--status'])).toEqual(ran);
  expect(await machine.json<Item[]>(['migrate'])).toEqual([]);
  expect((await machine.run(['migrate'])).stderr).toContain('up to date');
});

test('of the folder that --data, the environment or .env names', async () => {
  await using machine = await project({ env: { SEGFLOW_DATA: 'from-environment' } });
  await machine.run(['migrate', '--data', 'from-flag']);
  await machine.run(['migrate']);
  await Bun.write(`${machine.path}/.env`, 'SEGFLOW_DATA=from-dotenv\n');
  await machine.run(['migrate'], { env: { SEGFLOW_DATA: '' } });
  expect((await readdir(machine.path)).sort()).toEqual([
    '.env',
    'from-dotenv',
    'from-environment',
    'from-flag',
  ]);
});

test('not while a server runs, but its status can be seen', async () => {
  await using machine = await project();
  await using _server = await machine.serve();
  const refused = await machine.try(['migrate', '--json']);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'store_locked' } });
  expect(await machine.json<unknown[]>(['migrate', '--status'])).not.toEqual([]);
});

test('serve --no-migrate leaves the embedded store as it is, too', async () => {
  await using machine = await project();
  await expect(machine.serve({ args: ['--no-migrate'] })).rejects.toThrow(/lacks \d+ migration/);
  await machine.run(['migrate']);
  await using _server = await machine.serve({ args: ['--no-migrate'] });
});

test('--status and --print exclude each other', async () => {
  await using machine = await project();
  expect(await machine.try(['migrate', '--status', '--print'])).toMatchObject({ code: 2, stdout: '' });
});

const SERVERS = {
  MariaDB: process.env.SEGFLOW_TEST_MARIADB_URL,
  MySQL: process.env.SEGFLOW_TEST_MYSQL_URL,
};

describe.each(Object.entries(SERVERS))('a %s server', (product, url) => {
  test.skipIf(url === undefined)('is left as it is by serve --no-migrate, and named', async () => {
    await using database = await createDatabase(url!);
    await using machine = await project({ env: { DATABASE_URL: database.url } });
    await expect(machine.serve({ args: ['--no-migrate'] })).rejects.toThrow(/lacks \d+ migration/);
    const { sql } = await machine.json<{ sql: string }>(['migrate', '--print']);
    expect(sql).toContain('engine = InnoDB');
    await machine.run(['migrate', '--database-url', database.url]);
    expect((await machine.run(['migrate'])).stderr).toContain('up to date');
    await using server = await machine.serve({ args: ['--no-migrate'] });
    const { store } = await machine.json<{ store: string }>(['status']);
    expect(store).toMatch(new RegExp(`^${product} \\d+\\.\\d+\\.\\d+$`));
    expect((await machine.run(['status'])).stdout).toContain(`, ${store})`);
    const { hostname, port, pathname } = new URL(database.url);
    expect(JSON.parse(server.logs().split('\n')[0]!)).toMatchObject({
      store,
      place: `mysql://${hostname}:${port}${pathname}`,
    });
  });
});
