import { sql } from 'drizzle-orm';
import type { PauseStatements } from '../../engine/ports/runs.ts';
import { type PauseCause, pauses } from '../../schema/index.ts';
import { bulkInsert } from '../driver/bulk.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows, run } from '../driver/statement.ts';
import { fromTime, toTime } from '../driver/times.ts';

export function pauseStatements(on: Context): PauseStatements {
  return {
    async putPause({ campaignId, cause, reason, pausedAt }) {
      await putPause.write(on, [[campaignId, cause, reason, toTime(pausedAt)]]);
    },

    async removePause(campaignId) {
      return (await run(on, removePause, { campaignId })).changes > 0;
    },

    async pauses() {
      return (await rows(on, listPauses, {})).map((row) => ({
        campaignId: String(row.campaign_id),
        cause: row.cause as PauseCause,
        reason: String(row.reason),
        pausedAt: fromTime(String(row.paused_at)),
      }));
    },
  };
}

/** Ids of the paused campaigns. `*` among them means that everything is paused. */
export async function pausedCampaigns(on: Context): Promise<string[]> {
  return (await rows(on, listPauses, {})).map((row) => String(row.campaign_id));
}

const putPause = bulkInsert({
  into: pauses,
  columns: [pauses.campaignId, pauses.cause, pauses.reason, pauses.pausedAt],
  // Keeps the time of the first pause.
  ending: (dialect) =>
    dialect.orUpdate(
      [pauses.campaignId],
      [
        [pauses.cause, dialect.proposed(pauses.cause)],
        [pauses.reason, dialect.proposed(pauses.reason)],
      ],
    ),
});

const removePause = prepared<{ campaignId: string }>(
  (param) => sql`delete from ${pauses} where ${pauses.campaignId} = ${param('campaignId')}`,
);

const listPauses = prepared<Record<string, never>>(
  () =>
    sql`select ${pauses.campaignId}, ${pauses.cause}, ${pauses.reason}, ${pauses.pausedAt} from ${pauses} order by ${pauses.campaignId}`,
);
