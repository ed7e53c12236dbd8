import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/mysql-core';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { slotOf } from '../../core/hash.ts';
import type { DirtyMark, SegmentSql, SegmentStatements } from '../../engine/ports/segments.ts';
import { messages, runs, segmentMembers, segments } from '../../schema/index.ts';
import { bulkInsert, changedRows } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import type { Row } from '../driver/driver.ts';
import { prepared, rows, run, slotted } from '../driver/statement.ts';
import { dirtyUsers, sweeps } from '../driver/tables.ts';
import { toTime } from '../driver/times.ts';

type Sweeping = 'startSweep' | 'nextSweep' | 'advanceSweep';

/** The number of users that a segment is evaluated for in one statement. */
const CHUNK = 1000;

export function segmentStatements(on: Context): Omit<SegmentStatements, Sweeping | 'markSegmentChanges'> {
  const dialect = on.dialect.segments;
  return {
    async inspectSegment(segment) {
      const adapted = dialect.adapt(segment);
      const { columns } = await blamingSegment(segment, () => on.connection.describe(adapted.text));
      if (columns.length !== 1) {
        throw new SegflowError(
          'invalid_config',
          `segment "${segment.id}" selects ${columns.length} columns (${columns.join(', ')}); it must select one, the user's id`,
          { hint: 'Write db.select({ id: schema.users.id }).' },
        );
      }
      await blamingSegment(segment, () => on.connection.describe(dialect.among(adapted, true, []).text));
      return adapted.facts;
    },

    async evaluateSegment(segment, facts, userIds) {
      const selected = new Set<string>();
      if (userIds.length === 0) return selected;
      const adapted = dialect.adapt(segment);
      for (let from = 0; from < userIds.length; from += CHUNK) {
        const statement = dialect.among(adapted, facts.ownRowsOnly, userIds.slice(from, from + CHUNK));
        const found = await blamingSegment(segment, () =>
          on.connection.query(statement.text, statement.params),
        );
        for (const row of found) if (row.id !== null) selected.add(String(row.id));
      }
      return selected;
    },

    async dirtyUsers(limit, slots) {
      // A user with several marks is returned once for each mark.
      const marks = new Map<string, DirtyMark>();
      for (const row of await rows(on, oldestMarks.of(slots), { limit })) {
        const mark = markOf(row);
        marks.set(`${mark.userId}\n${mark.cause}\n${mark.subject}`, mark);
      }
      return [...marks.values()];
    },

    async marksOf(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, marksOf, { userIds })).map(markOf);
    },

    async clearDirty(marks) {
      if (marks.length === 0) return;
      await run(on, clearMarks, {
        marks: marks.map(({ userId, cause, subject, seq }) => [userId, cause, subject, seq]),
      });
    },

    async isDirty(userId) {
      return (await rows(on, isDirty, { userId, slot: slotOf(userId) })).length > 0;
    },

    async memberships(userIds) {
      if (userIds.length === 0) return [];
      return (await rows(on, memberships, { userIds })).map((row) => ({
        userId: String(row.user_id),
        segmentId: String(row.segment_id),
      }));
    },

    async addMembers(list) {
      for (const [segmentId, members] of Map.groupBy(list, (row) => row.segmentId)) {
        const outcomes = await insertMembers.write(
          on,
          members.map((row) => [segmentId, row.userId, toTime(row.since)]),
        );
        on.tally.add(`segment:${segmentId}`, changedRows(outcomes));
      }
    },

    async removeMembers(list) {
      for (const [segmentId, members] of Map.groupBy(list, (row) => row.segmentId)) {
        const userIds = members.map((row) => row.userId);
        on.tally.add(`segment:${segmentId}`, -(await run(on, deleteMembers, { segmentId, userIds })).changes);
      }
    },

    async setEvaluated(segmentId, at) {
      await run(on, setEvaluated, { segmentId, at: toTime(at) });
    },

    async usersOfRuns(ids) {
      return ids.length === 0 ? [] : (await rows(on, usersOfRuns, { ids })).map((row) => String(row.user_id));
    },

    async usersOfMessages(ids) {
      return ids.length === 0
        ? []
        : (await rows(on, usersOfMessages, { ids })).map((row) => String(row.user_id));
    },
  };
}

/** An error from a segment's own SQL names that segment. */
export async function blamingSegment<T>(segment: SegmentSql, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (SegflowError.is(error) && error.retryable) throw error;
    const hint = SegflowError.is(error) && error.hint ? { hint: error.hint } : {};
    const code = SegflowError.is(error) && error.code === 'invalid_config' ? error.code : 'store_unsupported';
    throw new SegflowError(code, `segment "${segment.id}": ${messageOf(error)}`, { ...hint, cause: error });
  }
}

function markOf(row: Row): DirtyMark {
  return {
    userId: String(row.user_id),
    cause: row.cause as DirtyMark['cause'],
    subject: String(row.subject),
    seq: Number(row.seq),
    afterEvent: Number(row.after_event),
  };
}

const oldest = alias(dirtyUsers, 'oldest');

const oldestMarks = slotted<{ limit: number }>(
  (
    param,
    dialect,
    owned,
  ) => sql`select ${dirtyUsers.userId}, ${dirtyUsers.cause}, ${dirtyUsers.subject}, ${dirtyUsers.seq}, ${dirtyUsers.afterEvent}
    from (select ${dirtyUsers.userId}, ${dirtyUsers.firstSeq} from ${dirtyUsers} ${dialect.index('dirty_users_first')}
      where true ${owned(dirtyUsers.slot)} order by ${dirtyUsers.firstSeq} limit ${param('limit')}) as ${sql.identifier('oldest')}
    join ${dirtyUsers} on ${dirtyUsers.userId} = ${oldest.userId} order by ${oldest.firstSeq}, ${dirtyUsers.firstSeq}`,
);

const marksOf = prepared<{ userIds: string[] }>(
  (
    param,
    dialect,
  ) => sql`select ${dirtyUsers.userId}, ${dirtyUsers.cause}, ${dirtyUsers.subject}, ${dirtyUsers.seq}, ${dirtyUsers.afterEvent}
    from ${dirtyUsers} where ${dialect.inList(dirtyUsers.userId, param('userIds'))}`,
);

const clearMarks = prepared<{ marks: (string | number)[][] }>(
  (param, dialect) => sql`delete from ${dirtyUsers}
    where ${dialect.inTuples([dirtyUsers.userId, dirtyUsers.cause, dirtyUsers.subject, dirtyUsers.seq], param('marks'))}`,
);

const isDirty = prepared<{ userId: string; slot: number }>(
  (
    param,
  ) => sql`select 1 as ${sql.identifier('found')} from ${dirtyUsers} where ${dirtyUsers.userId} = ${param('userId')}
    union all select 1 from ${sweeps} where ${sweeps.slot} = ${param('slot')} and ${sweeps.done} = 0
      and ${sweeps.after} < ${param('userId')} limit 1`,
);

const memberships = prepared<{ userIds: string[] }>(
  (param, dialect) => sql`select ${segmentMembers.userId}, ${segmentMembers.segmentId} from ${segmentMembers}
    where ${dialect.inList(segmentMembers.userId, param('userIds'))}`,
);

const insertMembers = bulkInsert({
  into: segmentMembers,
  columns: [segmentMembers.segmentId, segmentMembers.userId, segmentMembers.since],
  ending: (dialect) => dialect.orIgnore(segmentMembers),
});

const deleteMembers = prepared<{ segmentId: string; userIds: string[] }>(
  (
    param,
    dialect,
  ) => sql`delete from ${segmentMembers} where ${segmentMembers.segmentId} = ${param('segmentId')}
    and ${dialect.inList(segmentMembers.userId, param('userIds'))}`,
);

const setEvaluated = prepared<{ segmentId: string; at: string }>(
  (param) => sql`update ${segments} set ${sql.identifier('evaluated_at')} = ${param('at')}
    where ${segments.id} = ${param('segmentId')}`,
);

const usersOfRuns = prepared<{ ids: number[] }>(
  (param, dialect) =>
    sql`select distinct ${runs.userId} from ${runs} where ${dialect.inList(runs.id, param('ids'))}`,
);

const usersOfMessages = prepared<{ ids: string[] }>(
  (param, dialect) =>
    sql`select distinct ${messages.userId} from ${messages} where ${dialect.inList(messages.id, param('ids'))}`,
);
