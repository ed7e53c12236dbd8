import { type SQL, sql } from 'drizzle-orm';
import type { JsonObject } from '../../core/json.ts';
import type { DueRun, RunStatements } from '../../engine/ports/runs.ts';
import { events, runs, users } from '../../schema/index.ts';
import type { Context } from '../context.ts';
import type { Row } from '../driver.ts';
import { prepared, rows, slotted } from '../statement.ts';
import { fromTime } from '../times.ts';
import { eventOf } from './events.ts';
import { readSealed } from './journal-chunks.ts';
import { liveCampaigns } from './live-campaigns.ts';
import { pausedCampaigns } from './pauses.ts';
import { runHeadColumns, runHeadOf } from './runs.ts';

/*
 * Which runs are due. What is paused stays due: hundreds of thousands of runs, perhaps, which along the times of all runs would be passed over
 * again at every step. So while something is paused, each of the other campaigns is looked into by itself.
 */

export function dueRunStatements(on: Context): Pick<RunStatements, 'dueRuns' | 'nextWake'> {
  return {
    async dueRuns(now, limit, slots) {
      const campaigns = await unpausedCampaigns(on);
      if (campaigns === 'all') return withJournals(on, await rows(on, dueRuns.of(slots), { now, limit }));
      const due: { id: number; wakeAt: number }[] = [];
      for (const campaignId of campaigns) {
        const found = await rows(on, dueIn.of(slots), { campaignId, now, limit });
        due.push(...found.map((row) => ({ id: Number(row.id), wakeAt: Number(row.wake_at) })));
      }
      if (due.length === 0) return [];
      const first = due.sort((a, b) => a.wakeAt - b.wakeAt || a.id - b.id).slice(0, limit);
      return withJournals(on, await rows(on, dueAmong, { ids: first.map(({ id }) => id), now }));
    },

    async nextWake(slots) {
      const campaigns = await unpausedCampaigns(on);
      const next =
        campaigns === 'all'
          ? await rows(on, nextWake.of(slots), {})
          : (
              await Promise.all(campaigns.map((campaignId) => rows(on, nextWakeIn.of(slots), { campaignId })))
            ).flat();
      return next.length === 0 ? undefined : Math.min(...next.map((row) => Number(row.wake_at)));
    },
  };
}

async function unpausedCampaigns(on: Context): Promise<'all' | string[]> {
  const paused = await pausedCampaigns(on);
  if (paused.length === 0) return 'all';
  return paused.includes('*') ? [] : (await liveCampaigns(on)).filter((id) => !paused.includes(id));
}

async function withJournals(on: Context, due: Row[]): Promise<DueRun[]> {
  const sealed = await readSealed(
    on,
    due.filter((row) => Number(row.chunks) > 0).map((row) => Number(row.id)),
  );
  return due.map((row) => dueRunOf(row, sealed.get(Number(row.id)) ?? ''));
}

const selectDue = (runsBy: SQL) =>
  sql`select ${runHeadColumns}, ${runs.deploymentId}, ${runs.enteredAt}, ${runs.wakeAt}, ${runs.position},
      ${runs.journal}, ${runs.chunks}, ${runs.journalHash}, ${runs.awaits}, ${runs.pinned}, ${runs.reason}, ${users.attributes} as ${sql.identifier('user_attributes')},
      ${events.id} as ${sql.identifier('event_id')}, ${events.name} as ${sql.identifier('event_name')}, ${events.attributes} as ${sql.identifier('event_attributes')},
      ${events.createdAt} as ${sql.identifier('event_created_at')}, ${events.messageId} as ${sql.identifier('event_message_id')}
    from ${runsBy} join ${users} on ${users.id} = ${runs.userId} left join ${events} on ${events.id} = ${runs.entryEventId}`;

const dueRuns = slotted<{ now: number; limit: number }>(
  (param, dialect, owned) => sql`${selectDue(sql`${runs} ${dialect.index('runs_due')}`)}
    where ${runs.wakeAt} <= ${param('now')} ${owned(runs.slot)} order by ${runs.wakeAt}, ${runs.id} limit ${param('limit')}`,
);

const dueIn = slotted<{ campaignId: string; now: number; limit: number }>(
  (
    param,
    dialect,
    owned,
  ) => sql`select ${runs.id}, ${runs.wakeAt} from ${runs} ${dialect.index('runs_campaign_due')}
    where ${runs.campaignId} = ${param('campaignId')} and ${runs.wakeAt} <= ${param('now')} ${owned(runs.slot)}
    order by ${runs.wakeAt}, ${runs.id} limit ${param('limit')}`,
);

const dueAmong = prepared<{ ids: number[]; now: number }>(
  (param, dialect) => sql`${selectDue(sql`${runs}`)}
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.wakeAt} <= ${param('now')} order by ${runs.wakeAt}, ${runs.id}`,
);

const nextWake = slotted<Record<string, never>>(
  (_param, dialect, owned) => sql`select ${runs.wakeAt} from ${runs} ${dialect.index('runs_due')}
    where ${runs.wakeAt} is not null ${owned(runs.slot)} order by ${runs.wakeAt} limit 1`,
);

const nextWakeIn = slotted<{ campaignId: string }>(
  (param, dialect, owned) => sql`select ${runs.wakeAt} from ${runs} ${dialect.index('runs_campaign_due')}
    where ${runs.campaignId} = ${param('campaignId')} and ${runs.wakeAt} is not null ${owned(runs.slot)}
    order by ${runs.wakeAt} limit 1`,
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
    reason: row.reason as string | null,
    event: row.event_id === null ? null : eventOf(row, 'event_'),
  };
}
