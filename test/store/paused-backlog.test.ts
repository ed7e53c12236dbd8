import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Connection } from '../../src/store/driver.ts';
import { openSqlite, type SqliteDriver } from '../../src/store/sqlite/driver.ts';
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts';
import { sqliteMigrations } from '../../src/store/sqlite/migrations/index.ts';
import { storeOn } from '../../src/store/store.ts';
import { FakeClock } from '../helpers/clock.ts';
import { newRun, START, user } from './conformance/rows.ts';

/* However many runs of a paused campaign are due, a step does not pass over them. */

let driver: SqliteDriver;
beforeEach(async () => {
  const clock = new FakeClock();
  driver = openSqlite({ clock });
  await migrateSqlite(driver.writer, { migrations: sqliteMigrations, clock });
});
afterEach(() => driver.close());

/** How the database goes about what `work` reads of runs, a line for each table or index that it looks into. */
async function plansOf(work: (store: ReturnType<typeof storeOn>) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  const reads: Connection = {
    query: async (text, params) => {
      const steps = await driver.reads.query(`explain query plan ${text}`, params);
      plans.push(...steps.map(({ detail }) => String(detail)));
      return driver.reads.query(text, params);
    },
    execute: (text, params) => driver.reads.execute(text, params),
    write: (text, rows) => driver.reads.write(text, rows),
    describe: (text) => driver.reads.describe(text),
  };
  await work(storeOn({ ...driver, reads }));
  return plans.filter((detail) => /\bruns\b/.test(detail));
}

test('while a campaign is paused, the others are looked up along an index that begins with the campaign', async () => {
  const store = storeOn(driver);
  await store.putUsers(['ann', 'bob'].map((id) => user(id)));
  await store.insertRuns([newRun('ann', { campaignId: 'paused' }), newRun('bob', { campaignId: 'busy' })]);
  await store.putPause({ campaignId: 'paused', reason: 'a', pausedAt: START });
  const due = await plansOf(async (reading) => {
    expect((await reading.dueRuns(START, 10)).map(({ userId }) => userId)).toEqual(['bob']);
  });
  const next = await plansOf(async (reading) => {
    expect(await reading.nextWake()).toBe(START);
  });
  const along = (range: string) =>
    expect.stringMatching(
      new RegExp(
        `^SEARCH runs USING COVERING INDEX runs_campaign_due \\(campaign_id=\\? AND wake_at${range}`,
      ),
    );
  expect(due).toContainEqual(along('<'));
  expect(next).toContainEqual(along('>'));
  // The rest finds the campaigns there are, and the rows by their ids.
  for (const step of [...due, ...next]) {
    expect(step).toMatch(
      /^SEARCH runs USING ((COVERING )?INDEX runs_(campaign_due|live)|INTEGER PRIMARY KEY)/,
    );
  }
});
