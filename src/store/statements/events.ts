import type { JsonObject } from '../../core/json.ts';
import type { EventRow } from '../../engine/ports/users.ts';
import type { Row } from '../driver/driver.ts';
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
