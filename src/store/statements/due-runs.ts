import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { MySqlColumn } from 'drizzle-orm/mysql-core';
import type { JsonObject } from '../../core/json.ts';
import type { DueRun, RunStatements } from '../../engine/ports/runs.ts';
import { events, runs, users } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import type { Dialect, Row } from '../driver/driver.ts';
import { rows, slotted } from '../driver/statement.ts';
import { fromTime } from '../driver/times.ts';
import { eventOf } from './events.ts';
import { readSealed } from './journal-chunks.ts';
import { pausedCampaigns } from './pauses.ts';
import { runHeadColumns, runHeadOf } from './runs.ts';

/*
 * Which runs are due, read along the index of the times. Paused runs stay due and are skipped
 * during the read: 0.1 ms for a thousand runs, 0.7 ms on SQLite. (An index that begins with the
 * campaign would avoid this, but slows the advancing of runs by a fifth.)
 */

export function dueRunStatements(on: Context): Pick<RunStatements, 'dueRuns' | 'nextWake'> {
  return {
    async dueRuns(now, limit, slots, campaigns) {
      const paused = await pausedCampaigns(on);
      if (paused.includes('*')) return [];
      const found = campaigns
        ? await rows(on, dueRunsOf.of(slots), { now, limit, paused, campaigns })
        : await rows(on, dueRuns.of(slots), { now, limit, paused });
      return withJournals(on, found);
    },

    async nextWake(slots) {
      const paused = await pausedCampaigns(on);
      if (paused.includes('*')) return undefined;
      const [row] = await rows(on, nextWake.of(slots), { paused });
      return row ? Number(row.wake_at) : undefined;
    },
  };
}

async function withJournals(on: Context, due: Row[]): Promise<DueRun[]> {
  const sealed = await readSealed(
    on,
    due.filter((row) => Number(row.chunks) > 0).map((row) => Number(row.id)),
  );
  return due.map((row) => dueRunOf(row, sealed.get(Number(row.id)) ?? ''));
}

interface Due extends Record<string, number | string[]> {
  now: number;
  limit: number;
  paused: string[];
}

const dueRuns = slotted<Due>((param, dialect, owned) => due(param, { dialect, owned, among: sql`` }));

const dueRunsOf = slotted<Due & { campaigns: string[] }>((param, dialect, owned) =>
  due(param, {
    dialect,
    owned,
    among: sql`and ${dialect.inList(runs.campaignId, param('campaigns'))}`,
  }),
);

function due(
  param: (name: 'now' | 'limit' | 'paused') => Placeholder,
  { dialect, owned, among }: { dialect: Dialect; owned: (column: MySqlColumn) => SQL; among: SQL },
): SQL {
  return sql`select ${runHeadColumns}, ${runs.deploymentId}, ${runs.enteredAt}, ${runs.wakeAt}, ${runs.position},
      ${runs.journal}, ${runs.chunks}, ${runs.journalHash}, ${runs.awaits}, ${runs.pinned}, ${runs.retries}, ${runs.afterEvent}, ${runs.afterTime}, ${users.attributes} as ${sql.identifier('user_attributes')},
      ${events.id} as ${sql.identifier('event_id')}, ${events.name} as ${sql.identifier('event_name')}, ${events.attributes} as ${sql.identifier('event_attributes')},
      ${events.createdAt} as ${sql.identifier('event_created_at')}, ${events.messageId} as ${sql.identifier('event_message_id')}
    from ${runs} ${dialect.index('runs_due')} join ${users} on ${users.id} = ${runs.userId} left join ${events} on ${events.id} = ${runs.entryEventId}
    where ${runs.wakeAt} <= ${param('now')} and not ${dialect.inList(runs.campaignId, param('paused'))} ${among} ${owned(runs.slot)} order by ${runs.wakeAt}, ${runs.id} limit ${param('limit')}`;
}

const nextWake = slotted<{ paused: string[] }>(
  (param, dialect, owned) =>
    sql`select ${runs.wakeAt} from ${runs} ${dialect.index('runs_due')} where ${runs.wakeAt} is not null
      and not ${dialect.inList(runs.campaignId, param('paused'))} ${owned(runs.slot)} order by ${runs.wakeAt} limit 1`,
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
    attributes: JSON.parse(String(row.user_attributes)) as JsonObject,
    awaits: row.awaits as string | null,
    pinned: Number(row.pinned) === 1,
    retries: Number(row.retries),
    event: row.event_id === null ? null : eventOf(row, 'event_'),
    afterEvent: Number(row.after_event),
    afterTime: row.after_time as number | null,
  };
}
