import { sql } from 'drizzle-orm';
import type { Context } from '../driver/context.ts';
import { prepared, rows } from '../driver/statement.ts';
import { instance } from '../driver/tables.ts';

/** The installation's id, which the first migration creates. */
export async function instanceId(on: Context): Promise<string> {
  const [row] = await rows(on, selectInstance, {});
  return String(row!.id);
}

const selectInstance = prepared<Record<string, never>>(() => sql`select ${instance.id} from ${instance}`);
