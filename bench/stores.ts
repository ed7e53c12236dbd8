import { join } from 'node:path';
import { slotOf } from '../src/core/hash.ts';
import type { Operation, Status } from '../src/protocol/api.ts';
import { sendBatch } from '../test/binary/load.ts';
import { quiet } from '../test/binary/seed-world.ts';
import { type Store, type StoreName, startStore } from '../test/chaos/stores.ts';
import { type Project, project } from '../test/helpers/project.ts';
import type { Serve } from '../test/helpers/serve.ts';
import { waitFor } from '../test/helpers/wait-for.ts';
import { type Bench, type Measurement, median, parallel } from './measure.ts';
import { openTables, type Tables } from './tables.ts';

/**
 * The promises about each store: events ingested, compared with the driver alone inserting the same
 * rows; runs advanced a second, with few and with many sleeping runs; two processes compared with
 * one. SEGFLOW_BENCH_STORES=sqlite,mariadb,mysql chooses stores.
 */
const bench: Bench = async ({ quick }) => {
  const names = (process.env.SEGFLOW_BENCH_STORES ?? 'sqlite,mariadb,mysql').split(',') as StoreName[];
  const measured: Measurement[] = [];
  for (const name of names) {
    await using store = await startStore(name);
    await sized(store);
    measured.push(...(await ingest(store, quick)));
    const few = await advanced(store, { due: quick ? 20_000 : 100_000, sleeping: 50_000, processes: 1 });
    const many = await advanced(store, {
      due: quick ? 20_000 : 100_000,
      sleeping: quick ? 500_000 : 5_000_000,
      processes: 1,
    });
    measured.push(
      { name: `${name}: runs advanced, 50,000 asleep`, value: few, unit: '/s', note: 'goal 10,000' },
      { name: `${name}: runs advanced, ${quick ? '500,000' : '5,000,000'} asleep`, value: many, unit: '/s' },
      { name: `${name}: many asleep / few`, value: many / few, unit: '×', note: 'goal 0.9' },
    );
    if (name === 'sqlite') continue;
    const two = await advanced(store, { due: quick ? 20_000 : 100_000, sleeping: 50_000, processes: 2 });
    measured.push({ name: `${name}: two processes / one`, value: two / few, unit: '×' });
  }
  return measured;
};

export default bench;

// --- internal ---

const USERS = 1_000;
const BATCH = 1_000;

interface World extends AsyncDisposable {
  machine: Project;
  start(processes: number): Promise<Serve[]>;
  tables(): Promise<Tables>;
}

/** Configured like a server for millions of runs, which fit into its memory. */
async function sized({ name, server }: Store): Promise<void> {
  if (!server) return;
  await using admin = await openTables({ url: server.url });
  await admin.run(`set global innodb_buffer_pool_size = ${4 * 2 ** 30}`);
  const log = name === 'mysql' ? 'innodb_redo_log_capacity' : 'innodb_log_file_size';
  await admin.run(`set global ${log} = ${2 ** 30}`);
  await admin.run('set global innodb_io_capacity_max = 40000');
  await admin.run('set global innodb_io_capacity = 20000');
}

async function worldOn(store: Store): Promise<World> {
  const url = await store.database();
  const machine = await project({
    fixture: 'waiting',
    env: {
      SEGFLOW_API_KEY: 'bench',
      SEGFLOW_SECRET: 'the same for all',
      ...(url === undefined ? {} : { DATABASE_URL: url, SEGFLOW_LEASE: '2s' }),
    },
  });
  return {
    machine,
    start: (processes) =>
      Promise.all(
        Array.from({ length: processes }, (_, index) => machine.serve({ args: ['--data', `data-${index}`] })),
      ),
    tables: () => openTables(url === undefined ? { dataDir: join(machine.path, 'data-0') } : { url }),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

async function push(machine: Project, server: Serve): Promise<void> {
  await machine.run(['push'], { env: { SEGFLOW_URL: server.url } });
}

/** Batches of a thousand events, alternating with the same rows inserted by the driver alone. */
async function ingest(store: Store, quick: boolean): Promise<Measurement[]> {
  await using world = await worldOn(store);
  const [server] = await world.start(1);
  await using _ = server!;
  await push(world.machine, server!);
  const people: Operation[] = Array.from({ length: USERS }, (_, index) => ({
    type: 'user',
    id: `user-${index}`,
    attributes: { email: `user-${index}@example.com` },
  }));
  await sendBatch(server!, people);
  await quiet(server!);
  await using tables = await world.tables();

  const rates = { plain: [] as number[], evaluated: [] as number[], driver: [] as number[] };
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    const batches = Array.from({ length: 20 }, (_, index) => round * 20 + index);
    rates.plain.push(await acknowledged(server!, batches, 'login'));
    rates.evaluated.push(await acknowledged(server!, batches, 'purchase'));
    const from = performance.now();
    for (const batch of batches) await tables.insert('events', EVENT_COLUMNS, eventRows(1_000_000 + batch));
    rates.driver.push((batches.length * BATCH) / ((performance.now() - from) / 1000));
  }
  const ratio = (of: number[]) => median(of.map((rate, round) => rate / rates.driver[round]!));
  const named = (what: string, value: number, unit: string, note = '') => ({
    name: `${store.name}: ${what}`,
    ...{ value, unit, note },
  });
  return [
    named('events that no segment reads', median(rates.plain), '/s', 'batches of 1,000, acknowledged'),
    named('events that a segment reads', median(rates.evaluated), '/s', 'while it is evaluated'),
    named('rows inserted by the driver alone', median(rates.driver), '/s'),
    named('events that no segment reads / driver', ratio(rates.plain), '×', 'goal 0.6'),
    named(
      'events that a segment reads / driver',
      ratio(rates.evaluated),
      '×',
      'the driver evaluates nothing',
    ),
  ];
}

/** Events a second, two batches at a time; resolves once the events are also evaluated. */
async function acknowledged(server: Serve, batches: number[], name: string): Promise<number> {
  const from = performance.now();
  await parallel(batches, 2, async (batch) => {
    const answer = await sendBatch(server, happened(batch, name));
    if (answer?.rejected !== 0) throw new Error(`a batch was not accepted: ${JSON.stringify(answer)}`);
  });
  const rate = (batches.length * BATCH) / ((performance.now() - from) / 1000);
  await quiet(server, 120_000);
  return rate;
}

function happened(batch: number, name: string): Operation[] {
  return Array.from({ length: BATCH }, (_, index) => ({
    type: 'event',
    userId: `user-${(batch * 31 + index * 7) % USERS}`,
    name,
    attributes: { device: 'phone', batch },
    messageId: `${name}-${batch}-${index}`,
  }));
}

const EVENT_COLUMNS = ['name', 'user_id', 'created_at', 'attributes', 'message_id'];

function eventRows(batch: number): (string | number)[][] {
  return happened(batch, 'login').map((operation) => {
    if (operation.type !== 'event') throw new Error('not an event');
    const { name, userId, attributes, messageId } = operation;
    return [name, userId, '2026-01-02 03:04:05.678', JSON.stringify(attributes), messageId!];
  });
}

/** Runs a second: `due` runs are due immediately, `sleeping` others are not. */
async function advanced(
  store: Store,
  { due, sleeping, processes }: { due: number; sleeping: number; processes: number },
): Promise<number> {
  await using world = await worldOn(store);
  const [first] = await world.start(1);
  await push(world.machine, first!);
  const { deployment } = await first!.json<Status>('GET', '/v1/status');
  await first!.kill('SIGTERM');
  {
    await using tables = await world.tables();
    await fill(tables, { due, sleeping, deployment: deployment!.id });
    await tables.flushed();
  }
  const servers = await world.start(processes);
  try {
    let from = 0;
    let before = due;
    const last = await waitFor(
      'every run to be advanced',
      async () => {
        const { runs } = await servers[0]!.json<Status>('GET', '/v1/status');
        const left = runs.pending ?? 0;
        // The clock starts with the work, not with the process.
        if (from === 0 && left < due) {
          from = performance.now();
          before = left;
        }
        return left === 0 && performance.now();
      },
      { timeoutMs: 600_000, everyMs: 20 },
    );
    return before / ((last - from) / 1000);
  } finally {
    for (const server of servers) await server.kill('SIGTERM');
  }
}

async function fill(
  tables: Tables,
  { due, sleeping, deployment }: { due: number; sleeping: number; deployment: string },
): Promise<void> {
  const now = '2026-01-02 03:04:05.678';
  const columns = [
    'campaign_id',
    'user_id',
    'entry',
    'status',
    'deployment_id',
    'entered_at',
    'wake_at',
    'pinned',
    'position',
    'journal',
    'chunks',
    'journal_hash',
    'slot',
  ];
  for (let from = 0; from < due; from += BATCH) {
    const ids = Array.from({ length: Math.min(BATCH, due - from) }, (_, index) => `due-${from + index}`);
    await tables.insert(
      'users',
      ['id', 'attributes', 'created_at', 'updated_at', 'slot'],
      ids.map((id) => [id, `{"email":"${id}@example.com"}`, now, now, slotOf(id)]),
    );
    await tables.insert(
      'runs',
      columns,
      ids.map((id) => ['waiting', id, 1, 'pending', deployment, now, 1, 0, 0, '', 0, '', slotOf(id)]),
    );
  }
  const farAway = Date.parse('2040-01-01');
  const asleep = `select 'waiting', ${'n'}, 1, 'sleeping', '${deployment}', '${now}', ${farAway} + n, 0, 1, '', 0, '', n % 256 from (${tables.numbers(sleeping)}) as numbered`;
  await tables.run(`insert into runs (${columns.join(', ')}) ${asleep}`);
  for (const [name, count] of [
    ['run:pending', due],
    ['run:sleeping', sleeping],
    ['users', due],
  ] as const) {
    await tables.run('delete from counters where name = ?', [name]);
    await tables.run('insert into counters (name, shard, value) values (?, 0, ?)', [name, count]);
  }
}
