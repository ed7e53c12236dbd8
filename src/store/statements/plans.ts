import { sql } from 'drizzle-orm';
import type { JsonObject } from '../../core/json.ts';
import type { PlanStatements, ReplayableRun, RunGroup } from '../../engine/ports/deployments.ts';
import type { EventRow, UserRow } from '../../engine/ports/users.ts';
import { events, runs, users } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import type { Row } from '../driver/driver.ts';
import { prepared, rows, run } from '../driver/statement.ts';
import { sweeps } from '../driver/tables.ts';
import { fromTime } from '../driver/times.ts';
import { counts } from './counts.ts';
import { readSealed } from './journal-chunks.ts';
import { liveCampaigns } from './live-campaigns.ts';
import { runHeadColumns, runHeadOf } from './runs.ts';
import { blamingSegment } from './segments.ts';

/*
 * The reads for a deployment's plan, page by page: on the embedded database, nothing else runs
 * during a statement.
 */

export function planStatements(on: Context): PlanStatements {
  return {
    async usersAfter(after, limit) {
      return (await rows(on, usersAfter, { after, limit })).map((row) => String(row.id));
    },

    async usersById(ids) {
      if (ids.length === 0) return [];
      return (await rows(on, usersById, { ids })).map(userOf);
    },

    async selectWhole(segment) {
      const statement = on.dialect.segments.everyone(on.dialect.segments.adapt(segment));
      const found = await blamingSegment(segment, () =>
        on.connection.query(statement.text, statement.params),
      );
      return new Set(found.map((row) => String(row.id)));
    },

    async segmentSizes() {
      return new Map((await counts(on)).segments.map(({ id, size }) => [id, size]));
    },

    async isSweeping() {
      return (await rows(on, unfinishedSweep, {})).length > 0;
    },

    async unswept(userIds) {
      if (userIds.length === 0) return new Set();
      return new Set((await rows(on, unswept, { userIds })).map((row) => String(row.id)));
    },

    liveCampaigns: () => liveCampaigns(on),

    async liveRunGroups(campaignId, after, limit) {
      const found = await rows(on, liveRunGroups, { campaignId, after, limit });
      const groups = found.map(runGroupOf);
      const size = groups.reduce((sum, { count }) => sum + count, 0);
      const last = size < limit ? undefined : Math.max(...found.map((row) => Number(row.last_id)));
      return { groups, last };
    },

    async runsOfGroup(campaignId, { deploymentId, pinned, blocked, journalHash }, { after, limit }) {
      const group = { deploymentId, journalHash, pinned: pinned ? 1 : 0, blocked: blocked ? 1 : 0 };
      return (await rows(on, runsOfGroup, { campaignId, ...group, after, limit })).map((row) =>
        Number(row.id),
      );
    },

    async liveRuns(campaignId, range) {
      return (await rows(on, liveRuns, { campaignId, ...range })).map((row) => ({
        ...runHeadOf(row),
        entryEventId: row.entry_event_id as number | null,
      }));
    },

    async newestRun() {
      const [row] = await rows(on, newestRun, {});
      return row ? Number(row.id) : 0;
    },

    async pinRuns(ids) {
      if (ids.length > 0) await run(on, pinRuns, { ids });
    },

    async replayableRuns(ids) {
      if (ids.length === 0) return [];
      const found = await rows(on, replayableRuns, { ids });
      const sealed = await readSealed(
        on,
        found.filter((row) => Number(row.chunks) > 0).map((row) => Number(row.id)),
      );
      const causes = found.flatMap((row) =>
        row.entry_event_id === null ? [] : [Number(row.entry_event_id)],
      );
      const entryEvents = new Map<number, EventRow>();
      if (causes.length > 0) {
        for (const row of await rows(on, eventsById, { ids: causes }))
          entryEvents.set(Number(row.id), eventOf(row));
      }
      return found.map(
        (row): ReplayableRun => ({
          ...runHeadOf(row),
          deploymentId: String(row.deployment_id),
          enteredAt: fromTime(String(row.entered_at)),
          journal: (sealed.get(Number(row.id)) ?? '') + String(row.journal),
          attributes: JSON.parse(String(row.attributes)) as JsonObject,
          event: entryEvents.get(Number(row.entry_event_id)) ?? null,
        }),
      );
    },

    async eventCounts(userId) {
      return (await rows(on, eventCounts, { userId })).map((row) => ({
        name: String(row.name),
        count: Number(row.event_count),
        lastAt: fromTime(String(row.last_at)),
      }));
    },
  };
}

type None = Record<string, never>;
const named = sql.identifier;

const usersAfter = prepared<{ after: string; limit: number }>(
  (param) => sql`select ${users.id} from ${users} where ${users.id} > ${param('after')}
    order by ${users.id} limit ${param('limit')}`,
);

const usersById = prepared<{ ids: string[] }>(
  (
    param,
    dialect,
  ) => sql`select ${users.id}, ${users.attributes}, ${users.createdAt}, ${users.updatedAt} from ${users}
    where ${dialect.inList(users.id, param('ids'))}`,
);

const unfinishedSweep = prepared<None>(
  () => sql`select ${sweeps.slot} from ${sweeps} where ${sweeps.done} = 0 limit 1`,
);

const unswept = prepared<{ userIds: string[] }>(
  (param, dialect) => sql`select ${users.id} from ${users} join ${sweeps} on ${sweeps.slot} = ${users.slot}
    where ${dialect.inList(users.id, param('userIds'))} and ${sweeps.done} = 0 and ${sweeps.after} < ${users.id}`,
);

const page = named('page');
const of = (column: string) => sql`${page}.${named(column)}`;

const liveRunGroups = prepared<{ campaignId: string; after: number; limit: number }>(
  (param) => sql`select ${of('deployment_id')}, ${of('pinned')}, ${of('blocked')}, ${of('journal_hash')},
      count(*) as ${named('run_count')}, min(${of('id')}) as ${named('first_id')}, max(${of('id')}) as ${named('last_id')}
    from (select ${runs.id}, ${runs.deploymentId}, ${runs.pinned}, ${runs.journalHash},
        case when ${runs.status} = 'blocked' then 1 else 0 end as ${named('blocked')}
      from ${runs} where ${runs.endedAt} is null and ${runs.campaignId} = ${param('campaignId')} and ${runs.id} > ${param('after')}
      order by ${runs.id} limit ${param('limit')}) as ${page}
    group by ${of('deployment_id')}, ${of('pinned')}, ${of('blocked')}, ${of('journal_hash')}`,
);

const liveRuns = prepared<{ campaignId: string; after: number; until: number; limit: number }>(
  (param) => sql`select ${runHeadColumns}, ${runs.entryEventId} from ${runs}
    where ${runs.endedAt} is null and ${runs.campaignId} = ${param('campaignId')}
      and ${runs.id} > ${param('after')} and ${runs.id} <= ${param('until')}
    order by ${runs.id} limit ${param('limit')}`,
);

const runsOfGroup = prepared<{
  campaignId: string;
  deploymentId: string;
  journalHash: string;
  pinned: number;
  blocked: number;
  after: number;
  limit: number;
}>(
  (param) => sql`select ${runs.id} from ${runs}
    where ${runs.endedAt} is null and ${runs.campaignId} = ${param('campaignId')} and ${runs.id} > ${param('after')}
      and ${runs.deploymentId} = ${param('deploymentId')} and ${runs.journalHash} = ${param('journalHash')}
      and ${runs.pinned} = ${param('pinned')}
      and case when ${runs.status} = 'blocked' then 1 else 0 end = ${param('blocked')}
    order by ${runs.id} limit ${param('limit')}`,
);

const newestRun = prepared<None>(() => sql`select ${runs.id} from ${runs} order by ${runs.id} desc limit 1`);

const pinRuns = prepared<{ ids: number[] }>(
  (param, dialect) => sql`update ${runs} set ${named('pinned')} = 1
    where ${dialect.inList(runs.id, param('ids'))} and ${runs.endedAt} is null`,
);

const replayableRuns = prepared<{ ids: number[] }>(
  (
    param,
    dialect,
  ) => sql`select ${runHeadColumns}, ${runs.deploymentId}, ${runs.enteredAt}, ${runs.entryEventId},
      ${runs.journal}, ${runs.chunks}, ${users.attributes}
    from ${runs} join ${users} on ${users.id} = ${runs.userId} where ${dialect.inList(runs.id, param('ids'))}`,
);

const eventsById = prepared<{ ids: number[] }>(
  (
    param,
    dialect,
  ) => sql`select ${events.id}, ${events.name}, ${events.userId}, ${events.createdAt}, ${events.attributes},
      ${events.messageId} from ${events} where ${dialect.inList(events.id, param('ids'))}`,
);

const eventCounts = prepared<{ userId: string }>(
  (
    param,
  ) => sql`select ${events.name}, count(*) as ${named('event_count')}, max(${events.createdAt}) as ${named('last_at')}
    from ${events} where ${events.userId} = ${param('userId')} group by ${events.name} order by ${events.name}`,
);

function runGroupOf(row: Row): RunGroup {
  return {
    deploymentId: String(row.deployment_id),
    pinned: Number(row.pinned) === 1,
    blocked: Number(row.blocked) === 1,
    journalHash: String(row.journal_hash),
    count: Number(row.run_count),
    runId: Number(row.first_id),
  };
}

function userOf(row: Row): UserRow {
  return {
    id: String(row.id),
    attributes: JSON.parse(String(row.attributes)) as JsonObject,
    createdAt: fromTime(String(row.created_at)),
    updatedAt: fromTime(String(row.updated_at)),
  };
}

function eventOf(row: Row): EventRow {
  return {
    id: Number(row.id),
    name: String(row.name),
    userId: String(row.user_id),
    createdAt: fromTime(String(row.created_at)),
    attributes: JSON.parse(String(row.attributes)) as JsonObject,
    messageId: row.message_id as string | null,
  };
}
