import { sql } from 'drizzle-orm';
import type { RunStatements } from '../../engine/ports/runs.ts';
import { runs } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows, run } from '../driver/statement.ts';

/*
 * Runs that do not continue automatically: failed runs, and runs that the current code cannot
 * continue.
 */

export function stuckRunStatements(on: Context): Pick<RunStatements, 'wakeBlocked' | 'retryRuns'> {
  return {
    async wakeBlocked(at) {
      return (await run(on, wakeBlocked, { at })).changes;
    },

    async retryRuns({ runId, userId, campaignId }, { at, limit }) {
      const stuck =
        runId !== undefined
          ? await rows(on, stuckRun, { runId })
          : userId !== undefined
            ? await rows(on, stuckRunsOfUser, { userId, limit })
            : campaignId !== undefined
              ? await rows(on, stuckRunsOfCampaign, { campaignId, limit })
              : await rows(on, stuckRuns, { limit });
      const wanted = stuck.filter(
        (row) =>
          (userId === undefined || row.user_id === userId) &&
          (campaignId === undefined || row.campaign_id === campaignId),
      );
      const ids = wanted.map((row) => Number(row.id));
      if (ids.length === 0) return ids;
      await run(on, retryRuns, { ids, at });
      for (const row of wanted) on.tally.add(`run:${row.status}`, -1);
      on.tally.add('run:pending', ids.length);
      return ids;
    },
  };
}

const later = sql.identifier('later');
const column = (name: string) => sql`${later}.${sql.identifier(name)}`;

const wakeBlocked = prepared<{ at: number }>(
  (param) => sql`update ${runs} set ${sql.identifier('wake_at')} = ${param('at')}
    where ${runs.status} in ('blocked', 'failed') and ${runs.status} = 'blocked'`,
);

/** Only runs after which the user has not entered the campaign again. */
const STUCK = sql`${runs.status} in ('blocked', 'failed') and not exists (select 1 from ${runs} as ${later}
    where ${column('campaign_id')} = ${runs.campaignId} and ${column('user_id')} = ${runs.userId} and ${column('entry')} > ${runs.entry})`;
const stuckColumns = sql`${runs.id}, ${runs.userId}, ${runs.campaignId}, ${runs.status}`;

const stuckRun = prepared<{ runId: number }>(
  (param, dialect) =>
    sql`select ${stuckColumns} from ${runs} where ${runs.id} = ${param('runId')} and ${STUCK} ${dialect.lock}`,
);

const stuckRunsOfUser = prepared<{ userId: string; limit: number }>(
  (param, dialect) => sql`select ${stuckColumns} from ${runs}
    where ${runs.userId} = ${param('userId')} and ${STUCK} order by ${runs.id} limit ${param('limit')} ${dialect.lock}`,
);

const stuckRuns = prepared<{ limit: number }>(
  (param, dialect) => sql`select ${stuckColumns} from ${runs}
    where ${STUCK} order by ${runs.campaignId}, ${runs.id} limit ${param('limit')} ${dialect.lock}`,
);

const stuckRunsOfCampaign = prepared<{ campaignId: string; limit: number }>(
  (param, dialect) => sql`select ${stuckColumns} from ${runs}
    where ${runs.campaignId} = ${param('campaignId')} and ${STUCK} order by ${runs.id} limit ${param('limit')} ${dialect.lock}`,
);

const retryRuns = prepared<{ ids: number[]; at: number }>(
  (
    param,
    dialect,
  ) => sql`update ${runs} set ${sql.identifier('status')} = 'pending', ${sql.identifier('wake_at')} = ${param('at')},
      ${sql.identifier('ended_at')} = null, ${sql.identifier('ending')} = null, ${sql.identifier('reason')} = null,
      ${sql.identifier('retries')} = ${runs.retries} + 1
    where ${dialect.inList(runs.id, param('ids'))}`,
);
