import { type SQL, sql } from 'drizzle-orm';
import { slotOf } from '../../core/hash.ts';
import type { LatestRun, RunHead, RunStatements } from '../../engine/ports/runs.ts';
import { type RunEnding, type RunStatus, runs } from '../../schema/index.ts';
import { bulkInsert, bulkUpdate } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import type { Row } from '../driver/driver.ts';
import { prepared, rows, run } from '../driver/statement.ts';
import { fromTime, toTime } from '../driver/times.ts';
import { dropSealed, writeSealed } from './journal-chunks.ts';

/*
 * A run has ended once ended_at is set. From then on nothing changes it. Its wake_at is null, so it
 * is never due.
 */

export function runStatements(
  on: Context,
): Omit<RunStatements, 'dueRuns' | 'nextWake' | 'wakeBlocked' | 'retryRuns'> {
  return {
    async latestRuns(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, latestRuns, { userIds })).map(latestRunOf);
    },

    async insertRuns(list) {
      await insertRuns.write(
        on,
        list.map((row) => [
          row.campaignId,
          row.userId,
          row.entry,
          row.skipped === undefined ? 'pending' : 'cancelled',
          row.deploymentId,
          toTime(row.enteredAt),
          row.skipped === undefined ? null : toTime(row.enteredAt),
          row.skipped?.reason ?? null,
          row.skipped?.ending ?? null,
          0,
          row.skipped === undefined ? (row.wakeAt ?? row.enteredAt) : null,
          row.entryEventId ?? null,
          row.afterEvent,
          row.afterEvent,
          toTime(row.convertedAt ?? null),
          0,
          '',
          0,
          '',
          slotOf(row.userId),
        ]),
      );
      const entered = list.filter(({ skipped }) => skipped === undefined);
      on.tally.add('run:pending', entered.length);
      on.tally.add('run:cancelled', list.length - entered.length);
      for (const { campaignId } of entered) on.tally.add(`entered:${campaignId}`, 1);
      for (const { campaignId, convertedAt } of list) {
        if (convertedAt !== undefined) on.tally.add(`converted:${campaignId}`, 1);
      }
    },

    async cancelRuns(ids, { ending, reason, at }) {
      if (ids.length === 0) return;
      const live = await rows(on, liveRuns, { ids });
      await run(on, cancelRuns, { ids, ending, reason, at: toTime(at) });
      for (const row of live) on.tally.add(`run:${row.status}`, -1);
      on.tally.add('run:cancelled', live.length);
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
          update.ending,
          update.awaits ?? null,
          update.afterEvent,
          update.afterTime,
        ]),
      );
      for (const update of written) {
        on.tally.add(`run:${statusOf.get(update.id)}`, -1);
        on.tally.add(`run:${update.status}`, 1);
      }
      return new Set(written.map((update) => update.id));
    },

    sealJournal: (chunks) => writeSealed(on, chunks),
    dropSealed: (runIds) => dropSealed(on, runIds),

    async wakeRuns(ids, at) {
      if (ids.length === 0) return;
      await run(on, wakeRuns, { ids, at });
    },

    async lockRuns(ids) {
      if (ids.length === 0) return new Set();
      return new Set((await rows(on, liveRuns, { ids })).map((row) => Number(row.id)));
    },

    async convertRuns(ids, at) {
      if (ids.length === 0) return 0;
      const found = await rows(on, unconverted, { ids });
      await run(on, convertRuns, { ids, at: toTime(at) });
      for (const row of found) on.tally.add(`converted:${row.campaign_id}`, 1);
      return found.length;
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

function latestRunOf(row: Row): LatestRun {
  return {
    ...runHeadOf(row),
    enteredAt: fromTime(String(row.entered_at)),
    endedAt: row.ended_at === null ? null : fromTime(String(row.ended_at)),
    convertedAt: row.converted_at === null ? null : fromTime(String(row.converted_at)),
    entryEventId: row.entry_event_id as number | null,
    entryAfterEvent: Number(row.entry_after_event),
    deploymentId: String(row.deployment_id),
    ending: row.ending as RunEnding | null,
  };
}

const later = sql.identifier('later');
const column = (name: string) => sql`${later}.${sql.identifier(name)}`;

const latestRuns = prepared<{ userIds: string[] }>(
  (param, dialect) => sql`select ${runHeadColumns}, ${runs.enteredAt}, ${runs.endedAt}, ${runs.convertedAt},
      ${runs.entryEventId}, ${runs.entryAfterEvent}, ${runs.deploymentId}, ${runs.ending} from ${runs}
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
    runs.endedAt,
    runs.reason,
    runs.ending,
    runs.retries,
    runs.wakeAt,
    runs.entryEventId,
    runs.entryAfterEvent,
    runs.afterEvent,
    runs.convertedAt,
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

const cancelRuns = prepared<{ ids: number[]; ending: string; reason: string; at: string }>(
  (param, dialect) => sql`update ${runs}
    set ${sql.identifier('status')} = 'cancelled', ${sql.identifier('reason')} = ${param('reason')},
      ${sql.identifier('ending')} = ${param('ending')}, ${sql.identifier('ended_at')} = ${param('at')}, ${sql.identifier('wake_at')} = null, ${sql.identifier('awaits')} = null
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.endedAt} is null`,
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
    runs.ending,
    runs.awaits,
    runs.afterEvent,
    runs.afterTime,
  ],
});

const unconverted = prepared<{ ids: number[] }>(
  (param, dialect) => sql`select ${runs.id}, ${runs.campaignId} from ${runs}
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.convertedAt} is null ${dialect.lock}`,
);

const convertRuns = prepared<{ ids: number[]; at: string }>(
  (param, dialect) => sql`update ${runs} set ${sql.identifier('converted_at')} = ${param('at')}
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.convertedAt} is null`,
);

const wakeRuns = prepared<{ ids: number[]; at: number }>(
  (param, dialect) => sql`update ${runs} set ${sql.identifier('wake_at')} = ${param('at')}
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.status} = 'running'`,
);
