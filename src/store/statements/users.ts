import { sql } from 'drizzle-orm';
import { slotOf } from '../../core/hash.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { NewMark, UserRow, UserStatements } from '../../engine/ports/users.ts';
import { events, users } from '../../schema/index.ts';
import { bulkInsert } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import type { Row, Scalar } from '../driver/driver.ts';
import { unlessRaced } from '../driver/repeatable.ts';
import { prepared, rows, run } from '../driver/statement.ts';
import { dirtyUsers, idempotencyKeys } from '../driver/tables.ts';
import { fromTime, toTime } from '../driver/times.ts';
import { deleteUsers } from './delete-users.ts';
import { newestEvent } from './events.ts';

export function userStatements(on: Context): UserStatements {
  const looked = (ids: string[], found: string[]) => {
    for (const id of ids) on.absent.add(id);
    for (const id of found) on.absent.delete(id);
  };
  return {
    async getUser(id) {
      const [row] = await rows(on, getUser, { id });
      return row && userOf(row);
    },

    async lockUsers(ids) {
      if (ids.length === 0) return [];
      const found = (await rows(on, lockUsers, { ids })).map(userOf);
      looked(
        ids,
        found.map(({ id }) => id),
      );
      return found;
    },

    async lockUserIds(ids) {
      if (ids.length === 0) return [];
      const found = (await rows(on, lockUserIds, { ids })).map(({ id }) => String(id));
      looked(ids, found);
      return found;
    },

    async putUsers(list) {
      if (list.length === 0) return;
      const latest = [...new Map(list.map((user) => [user.id, user])).values()].sort(byId);
      const added = latest.filter(({ id }) => on.absent.delete(id));
      // A user who did not exist when the transaction looked, and exists now, was created by
      // another process and must not be overwritten.
      await unlessRaced(() =>
        insertUsers.write(
          on,
          added.map((user) => userValues(on, user)),
        ),
      );
      on.tally.add('users', added.length);
      const inserted = new Set(added);
      const rest = latest.filter((user) => !inserted.has(user));
      if (rest.length === 0) return;
      const [known] = await rows(on, countUsers, { ids: rest.map(({ id }) => id) });
      await upsertUsers.write(
        on,
        rest.map((user) => userValues(on, user)),
      );
      on.tally.add('users', rest.length - Number(known!.count));
    },

    deleteUsers: (ids) => deleteUsers(on, ids),

    async insertEvents(list) {
      const outcomes = await insertEvents.write(
        on,
        list.map((event) => [
          event.name,
          event.userId,
          toTime(event.createdAt),
          on.dialect.json(event.attributes),
          event.messageId,
        ]),
      );
      on.tally.add('events', list.length);
      return outcomes.flatMap(({ firstId, changes, idStep = 1 }) =>
        Array.from({ length: changes }, (_, index) => firstId + index * idStep),
      );
    },

    lastEventId: () => newestEvent(on),

    async knownEvents(pairs) {
      if (pairs.length === 0) return new Set();
      const found = await rows(on, knownEvents, {
        pairs: pairs.map(({ userId, messageId }) => [userId, messageId]),
      });
      return new Set(found.map((row) => `${row.user_id}\n${row.message_id}`));
    },

    async markDirty(marks) {
      // Of two marks with the same cause, the first keeps its place.
      const distinct = new Map<string, NewMark>();
      for (const mark of marks) {
        const key = `${mark.userId}\n${mark.cause}\n${mark.subject}`;
        if (!distinct.has(key)) distinct.set(key, mark);
      }
      if (distinct.size === 0) return;
      const next = await on.sequence();
      const values = [...distinct.values()].map(({ userId, cause, subject, afterEvent }) => {
        const seq = next();
        return { userId, values: [userId, cause, subject, slotOf(userId), seq, seq, afterEvent] };
      });
      // Always in the same order, so that two transactions that mark the same users cannot
      // deadlock.
      values.sort((a, b) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0));
      await markDirty.write(
        on,
        values.map((row) => row.values),
      );
    },

    async idempotent(keys) {
      if (keys.length === 0) return [];
      return (await rows(on, idempotent, { keys })).map((row) => ({
        key: String(row.key),
        requestHash: String(row.request_hash),
        response: JSON.parse(String(row.response)) as Json,
      }));
    },

    async putIdempotent(list) {
      const values = list.map((row) => [
        row.key,
        row.requestHash,
        JSON.stringify(row.response),
        toTime(row.createdAt),
      ]);
      await unlessRaced(() => putIdempotent.write(on, values));
    },

    async pruneIdempotent(before) {
      await run(on, pruneIdempotent, { before: toTime(before) });
    },
  };
}

const userColumns = sql`${users.id}, ${users.attributes}, ${users.createdAt}, ${users.updatedAt}`;

const getUser = prepared<{ id: string }>(
  (param) => sql`select ${userColumns} from ${users} where ${users.id} = ${param('id')}`,
);

const lockUsers = prepared<{ ids: string[] }>(
  (param, dialect) =>
    sql`select ${userColumns} from ${users} where ${dialect.inList(users.id, param('ids'))} ${dialect.lock}`,
);

const lockUserIds = prepared<{ ids: string[] }>(
  (param, dialect) =>
    sql`select ${users.id} from ${users} where ${dialect.inList(users.id, param('ids'))} ${dialect.lock}`,
);

const countUsers = prepared<{ ids: string[] }>(
  (param, dialect) =>
    sql`select count(*) as ${sql.identifier('count')} from ${users} where ${dialect.inList(users.id, param('ids'))}`,
);

const userValueColumns = [users.id, users.attributes, users.createdAt, users.updatedAt, users.slot];

const insertUsers = bulkInsert({ into: users, columns: userValueColumns });

const upsertUsers = bulkInsert({
  into: users,
  columns: userValueColumns,
  ending: (dialect) =>
    dialect.orUpdate(
      [users.id],
      [
        [users.attributes, dialect.proposed(users.attributes)],
        [users.updatedAt, dialect.proposed(users.updatedAt)],
      ],
    ),
});

const insertEvents = bulkInsert({
  into: events,
  columns: [events.name, events.userId, events.createdAt, events.attributes, events.messageId],
});

const knownEvents = prepared<{ pairs: string[][] }>(
  (param, dialect) => sql`select ${events.userId}, ${events.messageId} from ${events}
    where ${events.messageId} is not null and ${dialect.inTuples([events.userId, events.messageId], param('pairs'))}`,
);

const markDirty = bulkInsert({
  into: dirtyUsers,
  columns: [
    dirtyUsers.userId,
    dirtyUsers.cause,
    dirtyUsers.subject,
    dirtyUsers.slot,
    dirtyUsers.firstSeq,
    dirtyUsers.seq,
    dirtyUsers.afterEvent,
  ],
  ending: (dialect) => {
    const proposed = dialect.proposed(dirtyUsers.seq);
    // The clocks of two processes may differ. The number grows whatever the other process proposed.
    const next = sql`case when ${proposed} > ${dirtyUsers.seq} then ${proposed} else ${dirtyUsers.seq} + 1 end`;
    return dialect.orUpdate(
      [dirtyUsers.userId, dirtyUsers.cause, dirtyUsers.subject],
      [[dirtyUsers.seq, next]],
    );
  },
});

const idempotent = prepared<{ keys: string[] }>(
  (
    param,
    dialect,
  ) => sql`select ${idempotencyKeys.key}, ${idempotencyKeys.requestHash}, ${idempotencyKeys.response}
    from ${idempotencyKeys} where ${dialect.inList(idempotencyKeys.key, param('keys'))}`,
);

const putIdempotent = bulkInsert({
  into: idempotencyKeys,
  columns: [
    idempotencyKeys.key,
    idempotencyKeys.requestHash,
    idempotencyKeys.response,
    idempotencyKeys.createdAt,
  ],
});

const pruneIdempotent = prepared<{ before: string }>(
  (param) => sql`delete from ${idempotencyKeys} where ${idempotencyKeys.createdAt} < ${param('before')}`,
);

function userValues(on: Context, user: UserRow): Scalar[] {
  return [
    user.id,
    on.dialect.json(user.attributes),
    toTime(user.createdAt),
    toTime(user.updatedAt),
    slotOf(user.id),
  ];
}

function byId(a: UserRow, b: UserRow): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function userOf(row: Row): UserRow {
  return {
    id: String(row.id),
    attributes: JSON.parse(String(row.attributes)) as JsonObject,
    createdAt: fromTime(String(row.created_at)),
    updatedAt: fromTime(String(row.updated_at)),
  };
}
