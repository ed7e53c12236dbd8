import { sql } from 'drizzle-orm';
import { events, messages, runs, segmentMembers, users } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows, run } from '../driver/statement.ts';
import { dirtyUsers } from '../driver/tables.ts';
import { dropSealed } from './journal-chunks.ts';

type Ids = { ids: string[] };

/** Few enough users that all their rows fit comfortably in one transaction. */
const CHUNK = 500;

/**
 * Deletes the users and all rows about them except their messages. The messages are the ledger:
 * they stay, without address and subject, and unsent ones are skipped.
 */
export async function deleteUsers(on: Context, userIds: string[]): Promise<void> {
  for (let from = 0; from < userIds.length; from += CHUNK) {
    await deleteChunk(on, [...new Set(userIds.slice(from, from + CHUNK))]);
  }
}

async function deleteChunk(on: Context, ids: string[]): Promise<void> {
  const skipped = await run(on, skipQueued, { ids });
  on.tally.add('message:queued', -skipped.changes);
  on.tally.add('message:skipped', skipped.changes);
  await run(on, clearMessages, { ids });

  for (const row of await rows(on, runsByStatus, { ids })) {
    on.tally.add(`run:${row.status}`, -Number(row.count));
    on.tally.add(`entered:${row.campaign_id}`, -Number(row.count));
    on.tally.add(`converted:${row.campaign_id}`, -Number(row.converted));
  }
  await dropSealed(
    on,
    (await rows(on, sealedRuns, { ids })).map((row) => Number(row.id)),
  );
  await run(on, deleteRuns, { ids });

  for (const row of await rows(on, membersBySegment, { ids })) {
    on.tally.add(`segment:${row.segment_id}`, -Number(row.count));
  }
  await run(on, deleteMembers, { ids });
  await run(on, deleteMarks, { ids });
  on.tally.add('events', -(await run(on, deleteEvents, { ids })).changes);
  on.tally.add('users', -(await run(on, deleteRows, { ids })).changes);
}

const count = sql`count(*) as ${sql.identifier('count')}`;

const skipQueued = prepared<Ids>(
  (param, dialect) => sql`update ${messages}
    set ${sql.identifier('status')} = 'skipped', ${sql.identifier('reason')} = 'the user was deleted', ${sql.identifier('next_attempt_at')} = null
    where ${dialect.inList(messages.userId, param('ids'))} and ${messages.status} = 'queued'`,
);

const clearMessages = prepared<Ids>(
  (param, dialect) => sql`update ${messages}
    set ${sql.identifier('to_address')} = null, ${sql.identifier('subject')} = null
    where ${dialect.inList(messages.userId, param('ids'))}`,
);

const runsByStatus = prepared<Ids>(
  (
    param,
    dialect,
  ) => sql`select ${runs.status}, ${runs.campaignId}, ${count}, count(${runs.convertedAt}) as ${sql.identifier('converted')} from ${runs}
    where ${dialect.inList(runs.userId, param('ids'))} group by ${runs.status}, ${runs.campaignId}`,
);

const membersBySegment = prepared<Ids>(
  (param, dialect) => sql`select ${segmentMembers.segmentId}, ${count} from ${segmentMembers}
    where ${dialect.inList(segmentMembers.userId, param('ids'))} group by ${segmentMembers.segmentId}`,
);

const sealedRuns = prepared<Ids>(
  (param, dialect) => sql`select ${runs.id} from ${runs}
    where ${dialect.inList(runs.userId, param('ids'))} and ${runs.chunks} > 0`,
);

const deleteRuns = prepared<Ids>(
  (param, dialect) => sql`delete from ${runs} where ${dialect.inList(runs.userId, param('ids'))}`,
);

const deleteMembers = prepared<Ids>(
  (param, dialect) =>
    sql`delete from ${segmentMembers} where ${dialect.inList(segmentMembers.userId, param('ids'))}`,
);

const deleteMarks = prepared<Ids>(
  (param, dialect) => sql`delete from ${dirtyUsers} where ${dialect.inList(dirtyUsers.userId, param('ids'))}`,
);

const deleteEvents = prepared<Ids>(
  (param, dialect) => sql`delete from ${events} where ${dialect.inList(events.userId, param('ids'))}`,
);

const deleteRows = prepared<Ids>(
  (param, dialect) => sql`delete from ${users} where ${dialect.inList(users.id, param('ids'))}`,
);
