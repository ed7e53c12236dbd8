import { Database } from 'bun:sqlite';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../src/host/pool/pool.ts';
import type { Plan } from '../src/protocol/plan.ts';
import { openStore } from '../src/store/open.ts';
import { configOf, flagged, World } from '../test/engine/world.ts';
import { testClock } from '../test/helpers/clock.ts';
import { startPostmark } from '../test/helpers/postmark.ts';
import { type Bench, timed } from './measure.ts';

const EACH = 100;
const DAYS = [16, 8, 4, 2, 1, 0];

/**
 * Plans with a million runs in flight at six steps of a flow: new code for all of them, and a
 * segment that changes for every user.
 */
const bench: Bench = async ({ quick }) => {
  const runs = quick ? 60_000 : 1_000_000;
  const dataDir = await mkdtemp(join(tmpdir(), 'segflow-plan-'));
  const clock = testClock();
  try {
    await using postmark = await startPostmark();
    await using host = createHost({ processes: 1, log: () => {} });
    {
      await using store = await openStore({ dataDir, clock });
      const world = new World({ clock, postmark, store, host });
      await world.start();
      await enter(world);
      await world.engine.stop();
    }
    multiply(join(dataDir, 'segflow.db'), Math.round(runs / (EACH * DAYS.length)));

    await using store = await openStore({ dataDir, clock });
    const world = new World({ clock, postmark, store, host });
    await world.start();
    const live = Object.values((await store.counts()).runs).reduce((sum, count) => sum + count, 0);
    const inserted = await planned(world, flow(`if (i === 2) yield rt.sendEmail('survey');`));
    const moved = await planned(world, flow('').replaceAll("'$.winback'", "'$.other'"));
    await world.engine.stop();
    const { migrate, stay } = inserted.plan.campaigns[0]!.runs;
    const { leave } = moved.plan.segments.find(({ id }) => id === 'eligible')!;
    const note = `${live.toLocaleString('en')} runs in flight`;
    return [
      {
        name: 'plan: changed flow',
        value: inserted.ms / 1000,
        unit: 's',
        note: `${note}: ${migrate} migrate, ${stay} stay`,
      },
      { name: 'plan: longest pause of the engine', value: inserted.pause, unit: 'ms' },
      { name: 'plan: changed segment', value: moved.ms / 1000, unit: 's', note: `${note}: ${leave} leave` },
      { name: 'plan: longest pause of the engine then', value: moved.pause, unit: 'ms' },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
};

export default bench;

// --- internal ---

function flow(more: string): string {
  return configOf({
    templates: `survey: { subject: 'Why?', component }`,
    segments: `eligible: ${flagged('winback')}`,
    campaigns: `winback: { segments: ['eligible'], behavior: 'dynamic', flow: function* (ctx, rt) {
      for (let i = 0; i < 8; i++) { yield rt.sendEmail('hello'); ${more} yield rt.wait({ days: 2 ** i }); } } }`,
  });
}

async function enter(world: World): Promise<void> {
  await world.push(flow(''));
  for (const days of DAYS) {
    for (let i = 0; i < EACH; i++) {
      const id = `u${days}-${i}`;
      const attributes = { email: `${id}@example.com`, winback: true };
      await world.submit({ type: 'user', id, attributes, mode: 'upsert' });
    }
    await world.settle();
    if (days > 0) await world.advance(`${days}d`);
  }
}

/** Multiplies every user, with runs and memberships, `times` times. */
function multiply(path: string, times: number): void {
  const db = new Database(path, { strict: true });
  const copies = 'with recursive n (i) as (select 1 union all select i + 1 from n where i < $copies)';
  const params = { copies: times - 1 };
  db.transaction(() => {
    db.query(
      `insert into users ${copies} select id || '+' || i, attributes, created_at, updated_at, slot from users, n`,
    ).run(params);
    db.query(
      `insert into segment_members ${copies} select segment_id, user_id || '+' || i, since from segment_members, n`,
    ).run(params);
    db.query(
      `insert into runs (campaign_id, user_id, entry, status, deployment_id, entered_at, wake_at, position, journal, chunks, journal_hash, slot)
        ${copies} select campaign_id, user_id || '+' || i, entry, status, deployment_id, entered_at, wake_at, position, journal, chunks, journal_hash, slot from runs, n`,
    ).run(params);
    db.query(
      `update counters set value = value * $times where name = 'users' or name like 'run:%' or name like 'segment:%'`,
    ).run({ times });
  })();
  db.close();
}

async function planned(world: World, source: string): Promise<{ plan: Plan; ms: number; pause: number }> {
  const prepared = await world.prepare(source);
  let plan: Plan | undefined;
  let pause = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    pause = Math.max(pause, performance.now() - last);
    last = performance.now();
  }, 1);
  const ms = await timed(async () => {
    const made = await world.engine.plans.make(prepared, {}, 2 ** 31 - 1);
    if ('plan' in made) plan = made.plan;
  });
  clearInterval(watch);
  return { plan: plan!, ms, pause };
}
