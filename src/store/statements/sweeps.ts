import { sql } from 'drizzle-orm';
import type { Slots } from '../../engine/ports/leases.ts';
import type { SegmentStatements } from '../../engine/ports/segments.ts';
import { users } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows, run, slotted } from '../driver/statement.ts';
import { sweeps } from '../driver/tables.ts';

/*
 * A sweep walks each slot's users in the order of their ids. Each slot has a row with the sweep's
 * number and the last evaluated user. The transaction that commits an evaluation also moves this
 * cursor, so a crash repeats nothing and skips nobody. A user created behind the cursor is marked
 * dirty on creation.
 */

export function sweepStatements(
  on: Context,
): Pick<SegmentStatements, 'startSweep' | 'nextSweep' | 'advanceSweep'> {
  return {
    async startSweep() {
      await run(on, startSweep, {});
    },

    async nextSweep(limit, slots) {
      // Slot by slot: a join in the order of slots and ids would read all remaining users.
      const userIds: string[] = [];
      const done: number[] = [];
      let sweep = 0;
      for (const row of await rows(on, unfinished.of(slots), {})) {
        const slot = Number(row.slot);
        const left = limit - userIds.length;
        const found = await rows(on, nextUsers, { slot, after: String(row.after), limit: left + 1 });
        const batch = found.slice(0, left).map(({ id }) => String(id));
        userIds.push(...batch);
        sweep = Number(row.sweep);
        if (found.length > left)
          return { userIds, token: { slot, sweep, after: batch.at(-1)!, alsoDone: done } };
        done.push(slot);
        if (userIds.length === limit) break;
      }
      const slot = done.pop();
      if (userIds.length === 0 || slot === undefined) return undefined;
      return { userIds, token: { slot, sweep, after: null, alsoDone: done } };
    },

    async advanceSweep({ slot, sweep, after, alsoDone }) {
      const done = alsoDone ?? [];
      if (done.length > 0) await run(on, finishSlots, { slots: done, sweep });
      if (after === null) await run(on, finishSlots, { slots: [slot], sweep });
      else await run(on, moveCursor, { slot, sweep, after });
    },
  };
}

/** The number of the running sweep, or undefined. */
export async function sweepUnderWay(on: Context, slots?: Slots): Promise<number | undefined> {
  const [row] = await rows(on, unfinished.of(slots), {});
  return row ? Number(row.sweep) : undefined;
}

/** Ends a sweep that has no users left, because its remaining slots are empty. */
export async function finishSweep(on: Context, sweep: number, slots?: Slots): Promise<void> {
  await run(on, finishAll.of(slots), { sweep });
}

const set = sql.identifier;
type None = Record<string, never>;

const startSweep = prepared<None>(
  () =>
    sql`update ${sweeps} set ${set('sweep')} = ${sweeps.sweep} + 1, ${set('after')} = '', ${set('done')} = 0`,
);

const nextUsers = prepared<{ slot: number; after: string; limit: number }>(
  (param) => sql`select ${users.id} from ${users}
    where ${users.slot} = ${param('slot')} and ${users.id} > ${param('after')} order by ${users.id} limit ${param('limit')}`,
);

const unfinished = slotted<None>(
  (_param, _dialect, owned) => sql`select ${sweeps.slot}, ${sweeps.sweep}, ${sweeps.after} from ${sweeps}
    where ${sweeps.done} = 0 ${owned(sweeps.slot)} order by ${sweeps.slot}`,
);

const finishAll = slotted<{ sweep: number }>(
  (param, _dialect, owned) => sql`update ${sweeps} set ${set('done')} = 1
    where ${sweeps.sweep} = ${param('sweep')} ${owned(sweeps.slot)}`,
);

const finishSlots = prepared<{ slots: number[]; sweep: number }>(
  (param, dialect) => sql`update ${sweeps} set ${set('done')} = 1
    where ${dialect.inList(sweeps.slot, param('slots'))} and ${sweeps.sweep} = ${param('sweep')}`,
);

const moveCursor = prepared<{ slot: number; sweep: number; after: string }>(
  (param) => sql`update ${sweeps} set ${set('after')} = ${param('after')}
    where ${sweeps.slot} = ${param('slot')} and ${sweeps.sweep} = ${param('sweep')}`,
);
