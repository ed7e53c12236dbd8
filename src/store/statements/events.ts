import { sql } from 'drizzle-orm';
import type { JsonObject } from '../../core/json.ts';
import type { EventRow } from '../../engine/ports/users.ts';
import { events } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import type { Row } from '../driver/driver.ts';
import { prepared, rows } from '../driver/statement.ts';
import { fromTime } from '../driver/times.ts';

/**
 * The event in a row. Its column names begin with `prefix` when the row also has other tables'
 * columns.
 */
export function eventOf(row: Row, prefix: '' | 'event_' = ''): EventRow {
  return {
    id: Number(row[`${prefix}id`]),
    userId: String(row.user_id),
    name: String(row[`${prefix}name`]),
    attributes: JSON.parse(String(row[`${prefix}attributes`])) as JsonObject,
    createdAt: fromTime(String(row[`${prefix}created_at`])),
    messageId: row[`${prefix}message_id`] as string | null,
  };
}

/** The id of the newest event of all users; 0 without events. */
export async function newestEvent(on: Context): Promise<number> {
  const [row] = await rows(on, newest, {});
  return Number(row?.id ?? 0);
}

const newest = prepared<Record<string, never>>(
  () => sql`select max(${events.id}) as ${sql.identifier('id')} from ${events}`,
);
