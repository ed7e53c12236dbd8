import { sql } from 'drizzle-orm';
import type { SegmentStatements, SweepToken } from '../../engine/ports.ts';
import { users } from '../../schema/index.ts';
import type { Context } from '../context.ts';
import { prepared, rows, run } from '../statement.ts';
import { sweeps } from '../tables.ts';

/*
 * A sweep walks every slot's users in the order of their ids. Each slot has a row with the sweep's number and the last user
 * evaluated, moved in the transaction that commits the evaluation: a crash repeats nothing and skips nobody. A user who is
 * created behind the cursor is marked dirty by whoever creates it.
 */

export function sweepStatements(
  on: Context,
): Pick<SegmentStatements, 'startSweep' | 'nextSweep' | 'advanceSweep'> {
  return {
    async startSweep() {
      await run(on, startSweep, {});
    },

    async nextSweep(limit) {
      const found = await rows(on, nextUsers, { limit: limit + 1 });
      const batch = found.slice(0, limit);
      const last = batch.at(-1);
      if (!last) return undefined;
      const slot = Number(last.slot);
      const goesOn = found.length > batch.length && Number(found.at(-1)!.slot) === slot;
      const slots = new Set(batch.map((row) => Number(row.slot)));
      slots.delete(slot);
      const token: SweepToken = {
        slot,
        sweep: Number(last.sweep),
        after: goesOn ? String(last.id) : null,
        alsoDone: [...slots],
      };
      return { userIds: batch.map((row) => String(row.id)), token };
    },

    async advanceSweep({ slot, sweep, after, alsoDone }) {
      const done = alsoDone ?? [];
      if (done.length > 0) await run(on, finishSlots, { slots: done, sweep });
      if (after === null) await run(on, finishSlots, { slots: [slot], sweep });
      else await run(on, moveCursor, { slot, sweep, after });
    },
  };
}

/** The number of the sweep under way, or undefined. */
export async function sweepUnderWay(on: Context): Promise<number | undefined> {
  const [row] = await rows(on, underWay, {});
  return row ? Number(row.sweep) : undefined;
}

/** Ends a sweep that has no users left: its remaining slots are empty. */
export async function finishSweep(on: Context, sweep: number): Promise<void> {
  await run(on, finishAll, { sweep });
}

const set = sql.identifier;
type None = Record<string, never>;

const startSweep = prepared<None>(
  () =>
    sql`update ${sweeps} set ${set('sweep')} = ${sweeps.sweep} + 1, ${set('after')} = '', ${set('done')} = 0`,
);

const nextUsers = prepared<{ limit: number }>(
  (param) => sql`select ${sweeps.slot}, ${sweeps.sweep}, ${users.id} from ${sweeps}
    join ${users} on ${users.slot} = ${sweeps.slot} and ${users.id} > ${sweeps.after}
    where ${sweeps.done} = 0 order by ${sweeps.slot}, ${users.id} limit ${param('limit')}`,
);

const underWay = prepared<None>(
  () => sql`select ${sweeps.sweep} from ${sweeps} where ${sweeps.done} = 0 limit 1`,
);

const finishAll = prepared<{ sweep: number }>(
  (param) => sql`update ${sweeps} set ${set('done')} = 1 where ${sweeps.sweep} = ${param('sweep')}`,
);

const finishSlots = prepared<{ slots: number[]; sweep: number }>(
  (param, dialect) => sql`update ${sweeps} set ${set('done')} = 1
    where ${dialect.inList(sweeps.slot, param('slots'))} and ${sweeps.sweep} = ${param('sweep')}`,
);

const moveCursor = prepared<{ slot: number; sweep: number; after: string }>(
  (param) => sql`update ${sweeps} set ${set('after')} = ${param('after')}
    where ${sweeps.slot} = ${param('slot')} and ${sweeps.sweep} = ${param('sweep')}`,
);
