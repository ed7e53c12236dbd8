import { type SQL, sql } from 'drizzle-orm';
import { slotOf } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DueRun, RunHead, RunStatements } from '../../engine/ports.ts';
import { type RunStatus, runs, users } from '../../schema/index.ts';
import { bulkInsert, bulkUpdate } from '../bulk.ts';
import type { Context } from '../context.ts';
import type { Row } from '../driver.ts';
import { prepared, rows, run } from '../statement.ts';
import { fromTime, toTime } from '../times.ts';
import { readSealed, writeSealed } from './journal-chunks.ts';

/* A run has ended once ended_at is set; from then on nothing changes it. Its wake_at is null, so it is never due. */

export function runStatements(on: Context): RunStatements {
  return {
    async latestRuns(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, latestRuns, { userIds })).map(runHeadOf);
    },

    async insertRuns(list) {
      await insertRuns.write(
        on,
        list.map((row) => [
          row.campaignId,
          row.userId,
          row.entry,
          'pending',
          row.deploymentId,
          toTime(row.enteredAt),
          row.enteredAt,
          0,
          '',
          0,
          '',
          slotOf(row.userId),
        ]),
      );
      on.tally.add('run:pending', list.length);
    },

    async cancelRuns(ids, reason, at) {
      if (ids.length === 0) return;
      const live = await rows(on, liveRuns, { ids });
      await run(on, cancelRuns, { ids, reason, at: toTime(at) });
      for (const row of live) on.tally.add(`run:${row.status}`, -1);
      on.tally.add('run:cancelled', live.length);
    },

    async dueRuns(now, limit) {
      const due = await rows(on, dueRuns, { now, limit });
      const sealed = await readSealed(
        on,
        due.filter((row) => Number(row.chunks) > 0).map((row) => Number(row.id)),
      );
      return due.map((row) => dueRunOf(row, sealed.get(Number(row.id)) ?? ''));
    },

    async nextWake() {
      const [row] = await rows(on, nextWake, {});
      return row ? Number(row.wake_at) : undefined;
    },

    async saveRuns(updates) {
      if (updates.length === 0) return new Set();
      const live = await rows(on, liveRuns, { ids: updates.map((update) => update.id) });
      const statusOf = new Map(live.map((row) => [Number(row.id), String(row.status)]));
      const written = updates.filter((update) => statusOf.has(update.id));
      await saveRuns.write(
        on,
        written.map((update) => [
          update.id,
          update.status,
          update.deploymentId,
          update.wakeAt,
          update.position,
          update.journal,
          update.journalHash,
          update.chunks,
          update.reason,
          toTime(update.endedAt),
        ]),
      );
      for (const update of written) {
        on.tally.add(`run:${statusOf.get(update.id)}`, -1);
        on.tally.add(`run:${update.status}`, 1);
      }
      return new Set(written.map((update) => update.id));
    },

    sealJournal: (chunks) => writeSealed(on, chunks),

    async wakeRuns(ids, at) {
      if (ids.length === 0) return;
      await run(on, wakeRuns, { ids, at });
    },
  };
}

export const runHeadColumns: SQL = sql`${runs.id}, ${runs.campaignId}, ${runs.userId}, ${runs.entry}, ${runs.status}`;

export function runHeadOf(row: Row): RunHead {
  return {
    id: Number(row.id),
    campaignId: String(row.campaign_id),
    userId: String(row.user_id),
    entry: Number(row.entry),
    status: row.status as RunStatus,
  };
}

const later = sql.identifier('later');
const column = (name: string) => sql`${later}.${sql.identifier(name)}`;

const latestRuns = prepared<{ userIds: string[] }>(
  (param, dialect) => sql`select ${runHeadColumns} from ${runs}
    where ${dialect.inList(runs.userId, param('userIds'))} and not exists (select 1 from ${runs} as ${later}
      where ${column('campaign_id')} = ${runs.campaignId} and ${column('user_id')} = ${runs.userId} and ${column('entry')} > ${runs.entry})`,
);

const insertRuns = bulkInsert({
  into: runs,
  columns: [
    runs.campaignId,
    runs.userId,
    runs.entry,
    runs.status,
    runs.deploymentId,
    runs.enteredAt,
    runs.wakeAt,
    runs.position,
    runs.journal,
    runs.chunks,
    runs.journalHash,
    runs.slot,
  ],
});

const liveRuns = prepared<{ ids: number[] }>(
  (param, dialect) => sql`select ${runs.id}, ${runs.status} from ${runs}
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.endedAt} is null ${dialect.lock}`,
);

const cancelRuns = prepared<{ ids: number[]; reason: string; at: string }>(
  (param, dialect) => sql`update ${runs}
    set ${sql.identifier('status')} = 'cancelled', ${sql.identifier('reason')} = ${param('reason')},
      ${sql.identifier('ended_at')} = ${param('at')}, ${sql.identifier('wake_at')} = null
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.endedAt} is null`,
);

const dueRuns = prepared<{ now: number; limit: number }>(
  (
    param,
  ) => sql`select ${runHeadColumns}, ${runs.deploymentId}, ${runs.enteredAt}, ${runs.wakeAt}, ${runs.position},
      ${runs.journal}, ${runs.chunks}, ${runs.journalHash}, ${users.attributes}
    from ${runs} join ${users} on ${users.id} = ${runs.userId}
    where ${runs.wakeAt} <= ${param('now')} order by ${runs.wakeAt}, ${runs.id} limit ${param('limit')}`,
);

const nextWake = prepared<Record<string, never>>(
  () =>
    sql`select ${runs.wakeAt} from ${runs} where ${runs.wakeAt} is not null order by ${runs.wakeAt} limit 1`,
);

const saveRuns = bulkUpdate({
  table: runs,
  key: runs.id,
  columns: [
    runs.status,
    runs.deploymentId,
    runs.wakeAt,
    runs.position,
    runs.journal,
    runs.journalHash,
    runs.chunks,
    runs.reason,
    runs.endedAt,
  ],
});

const wakeRuns = prepared<{ ids: number[]; at: number }>(
  (param, dialect) => sql`update ${runs} set ${sql.identifier('wake_at')} = ${param('at')}
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.status} = 'running'`,
);

function dueRunOf(row: Row, sealed: string): DueRun {
  return {
    ...runHeadOf(row),
    deploymentId: String(row.deployment_id),
    enteredAt: fromTime(String(row.entered_at)),
    wakeAt: Number(row.wake_at),
    position: Number(row.position),
    journal: sealed + String(row.journal),
    sealed: sealed.length,
    chunks: Number(row.chunks),
    journalHash: String(row.journal_hash),
    attributes: JSON.parse(String(row.attributes)) as JsonObject,
  };
}
