import { sql } from 'drizzle-orm';
import type { SegmentSql } from '../../engine/ports/segments.ts';
import type { NewMark, UserStatements } from '../../engine/ports/users.ts';
import { segmentMembers, users } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import { prepared, render, rows } from '../driver/statement.ts';
import { blamingSegment } from './segments.ts';

/**
 * The number of users compared at a time. The embedded database runs on the event loop; other work
 * gets its turn in between.
 */
const PAGE = 1000;
/**
 * Up to this many users are compared by a single statement, which takes about half as long as
 * pages.
 */
const FEW = 2 * PAGE;

/**
 * Calls `mark` with the users whose stored membership of the segment differs from what the segment
 * selects now. `mark` may commit each time: a mark only says that the user must be evaluated.
 */
export async function findSegmentChanges(
  on: Context,
  segment: SegmentSql,
  mark: (marks: Omit<NewMark, 'afterEvent'>[]) => Promise<void>,
): Promise<number> {
  const adapted = on.dialect.segments.adapt(segment);
  const reason = { cause: 'segment', subject: segment.id } as const;
  let found = 0;
  const report = async (userIds: string[]) => {
    found += userIds.length;
    if (userIds.length > 0) await mark(userIds.map((userId) => ({ userId, ...reason })));
    await new Promise((resolve) => setImmediate(resolve));
  };

  const atOnce = !adapted.facts.ownRowsOnly || !on.dialect.segments.paged;
  if (atOnce || (await rows(on, userBeyond, { count: FEW })).length === 0) {
    const changes = await blamingSegment(segment, () => wholeChanges(on, segment));
    for (let from = 0; from < changes.length; from += PAGE) await report(changes.slice(from, from + PAGE));
    return found;
  }

  let after = '';
  while (true) {
    const page = (await rows(on, userPage, { after, limit: PAGE })).map((row) => String(row.id));
    if (page.length === 0) return found;
    const statement = on.dialect.segments.among(adapted, true, page);
    const selected = await blamingSegment(segment, () =>
      on.connection.query(statement.text, statement.params),
    );
    const now = new Set(selected.map((row) => String(row.id)));
    const before = await rows(on, membersAmong, { segmentId: segment.id, userIds: page });
    const then = new Set(before.map((row) => String(row.user_id)));
    await report(page.filter((id) => now.has(id) !== then.has(id)));
    after = page.at(-1)!;
  }
}

/** Sets the marks, with the current place in the events. */
export async function markHere(
  tx: Pick<UserStatements, 'lastEventId' | 'markDirty'>,
  marks: Omit<NewMark, 'afterEvent'>[],
): Promise<void> {
  const afterEvent = await tx.lastEventId();
  await tx.markDirty(marks.map((mark) => ({ ...mark, afterEvent })));
}

async function wholeChanges(on: Context, segment: SegmentSql): Promise<string[]> {
  const selected = on.dialect.segments.everyone(on.dialect.segments.adapt(segment));
  const head = render(
    sql`select ${users.id} as ${sql.identifier('id')} from ${users} where (${users.id} in (`,
  ).text;
  const tail = render(sql`)) <> exists (select 1 from ${segmentMembers}
    where ${segmentMembers.userId} = ${users.id} and ${segmentMembers.segmentId} = ${segment.id})`);
  const found = await on.connection.query(head + selected.text + tail.text, [
    ...selected.params,
    ...tail.params,
  ]);
  return found.map((row) => String(row.id));
}

const userPage = prepared<{ after: string; limit: number }>(
  (param) => sql`select ${users.id} from ${users} where ${users.id} > ${param('after')}
    order by ${users.id} limit ${param('limit')}`,
);

const userBeyond = prepared<{ count: number }>(
  (param) => sql`select ${users.id} from ${users} order by ${users.id} limit 1 offset ${param('count')}`,
);

const membersAmong = prepared<{ segmentId: string; userIds: string[] }>(
  (param, dialect) => sql`select ${segmentMembers.userId} from ${segmentMembers}
    where ${segmentMembers.segmentId} = ${param('segmentId')} and ${dialect.inList(segmentMembers.userId, param('userIds'))}`,
);
