import { type SQL, sql } from 'drizzle-orm';
import { messageOf, SegflowError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { AwaitingRun, AwaitStatements } from '../../engine/ports/runs.ts';
import { events, runs, segmentMembers } from '../../schema/index.ts';
import { bulkUpdate } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import type { Dialect, Row } from '../driver/driver.ts';
import { prepared, rows } from '../driver/statement.ts';
import { dirtyUsers } from '../driver/tables.ts';
import { fromTime, toTime } from '../driver/times.ts';
import { eventOf, newestEvent } from './events.ts';

export function awaitStatements(on: Context): AwaitStatements {
  return {
    async awaitingRuns(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, lockAwaiting, { userIds })).map(awaitingOf);
    },

    async readAwaitingRuns(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, readAwaiting, { userIds })).map(awaitingOf);
    },

    async saveAwaits(list) {
      await saveAwaits.write(
        on,
        list.map(({ id, awaits, wakeAt }) => [id, awaits, wakeAt]),
      );
    },

    async eventsAfter(queries) {
      if (queries.length === 0) return [];
      const after = Math.min(...queries.map((query) => query.after));
      const pairs = queries.map(({ userId, name }) => [userId, name]);
      return (await rows(on, eventsAfter, { pairs, after })).map((row) => eventOf(row));
    },

    async placesAt(queries) {
      if (queries.length === 0) return [];
      const newest = await newestEvent(on);
      const found = await rows(on, eventTimes, {
        userIds: [...new Set(queries.map(({ userId }) => userId))],
        after: Math.min(...queries.map(({ after }) => after)),
        from: toTime(Math.min(...queries.map(({ at }) => at))),
      });
      const ofUser = Map.groupBy(found, (row) => String(row.user_id));
      return queries.map(({ userId, after, at }) => {
        const later = (ofUser.get(userId) ?? []).filter(
          (row) => Number(row.id) > after && fromTime(String(row.created_at)) >= at,
        );
        const place = later.length === 0 ? newest : Number(later[0]!.id) - 1;
        return Math.max(place, after);
      });
    },

    async membersSince(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, membersSince, { userIds })).map((row) => ({
        userId: String(row.user_id),
        segmentId: String(row.segment_id),
        since: fromTime(String(row.since)),
      }));
    },

    async markedUsers(userIds) {
      if (userIds.length === 0) return new Set();
      return new Set((await rows(on, markedUsers, { userIds })).map((row) => String(row.user_id)));
    },

    async queryUser({ sql: text, params, userId }) {
      try {
        const { segments } = on.dialect;
        const query = segments.adapt({ id: 'query', sql: text, params });
        const { columns } = await on.connection.describe(query.text);
        const about = { userId, columns: columns.length, limit: MAX_ROWS };
        const statement = segments.aboutUser(query, about);
        const found = await on.connection.query(statement.text, statement.params);
        return found.map((row) => named(columns, Object.values(row) as Json[]));
      } catch (error) {
        if (SegflowError.is(error) && error.retryable) throw error;
        const hint = SegflowError.is(error) && error.hint ? { hint: error.hint } : {};
        throw new SegflowError('flow_error', `rt.query: ${messageOf(error)}`, { ...hint, cause: error });
      }
    },
  };
}

function awaitingOf(row: Row): AwaitingRun {
  return {
    id: Number(row.id),
    userId: String(row.user_id),
    awaits: String(row.awaits),
    wakeAt: row.wake_at as number | null,
  };
}

function named(columns: string[], values: Json[]): JsonObject {
  return Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]));
}

/** The maximum number of rows that a flow's query returns. */
const MAX_ROWS = 1_000;

const awaiting = (lock: (dialect: Dialect) => SQL) =>
  prepared<{ userIds: string[] }>(
    (param, dialect) => sql`select ${runs.id}, ${runs.userId}, ${runs.awaits}, ${runs.wakeAt} from ${runs}
    where ${dialect.inList(runs.userId, param('userIds'))} and ${runs.awaits} is not null
      and ${runs.endedAt} is null ${lock(dialect)}`,
  );
const lockAwaiting = awaiting((dialect) => dialect.lock);
const readAwaiting = awaiting(() => sql``);

const saveAwaits = bulkUpdate({ table: runs, key: runs.id, columns: [runs.awaits, runs.wakeAt] });

const eventsAfter = prepared<{ pairs: string[][]; after: number }>(
  (
    param,
    dialect,
  ) => sql`select ${events.id}, ${events.userId}, ${events.name}, ${events.createdAt}, ${events.attributes}, ${events.messageId}
    from ${events} where ${dialect.inTuples([events.userId, events.name], param('pairs'))}
      and ${events.id} > ${param('after')}
    order by ${events.userId}, ${events.id}`,
);

const eventTimes = prepared<{ userIds: string[]; after: number; from: string }>(
  (param, dialect) => sql`select ${events.id}, ${events.userId}, ${events.createdAt} from ${events}
    where ${dialect.inList(events.userId, param('userIds'))} and ${events.id} > ${param('after')} and ${events.createdAt} >= ${param('from')}
    order by ${events.id}`,
);

const membersSince = prepared<{ userIds: string[] }>(
  (
    param,
    dialect,
  ) => sql`select ${segmentMembers.userId}, ${segmentMembers.segmentId}, ${segmentMembers.since} from ${segmentMembers}
    where ${dialect.inList(segmentMembers.userId, param('userIds'))}`,
);

const markedUsers = prepared<{ userIds: string[] }>(
  (param, dialect) => sql`select distinct ${dirtyUsers.userId} from ${dirtyUsers}
    where ${dialect.inList(dirtyUsers.userId, param('userIds'))}`,
);
