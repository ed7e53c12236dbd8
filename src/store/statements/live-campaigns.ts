import { sql } from 'drizzle-orm';
import { runs } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows } from '../driver/statement.ts';

/**
 * Ids of campaigns that have live runs. Jumps from one campaign to the next along the index:
 * campaigns are few, and runs may number millions.
 */
export async function liveCampaigns(on: Context): Promise<string[]> {
  const found: string[] = [];
  while (true) {
    const [next] = await rows(on, nextLiveCampaign, { after: found.at(-1) ?? '' });
    if (!next) return found;
    found.push(String(next.campaign_id));
  }
}

const nextLiveCampaign = prepared<{ after: string }>(
  (
    param,
  ) => sql`select ${runs.campaignId} from ${runs} where ${runs.endedAt} is null and ${runs.campaignId} > ${param('after')}
    order by ${runs.campaignId} limit 1`,
);
