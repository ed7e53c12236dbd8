import { sql } from 'drizzle-orm';
import type { Counts } from '../../engine/ports/reads.ts';
import { campaigns, type MessageStatus, type RunStatus, segments } from '../../schema/index.ts';
import type { Context } from '../driver/context.ts';
import { prepared, rows } from '../driver/statement.ts';
import { counters, dirtyUsers, sweeps } from '../driver/tables.ts';
import { fromTime } from '../driver/times.ts';

/** All row counts, read from the counters: the cost does not depend on the number of rows. */
export async function counts(on: Context): Promise<Counts> {
  const found: Counts = {
    users: 0,
    events: 0,
    dirtyUsers: 0,
    segments: [],
    campaigns: [],
    runs: {},
    messages: {},
  };
  const sizes = new Map<string, number>();
  const entered = new Map<string, number>();
  const converted = new Map<string, number>();
  const waiting = { marked: 0, unswept: 0, slots: 0 };
  for (const row of await rows(on, sums, {})) {
    const name = String(row.name);
    const value = Number(row.value);
    const [kind, rest = ''] = split(name);
    if (kind === 'users' || kind === 'events') found[kind] = value;
    else if (kind === 'marked' || kind === 'unswept' || kind === 'slots') waiting[kind] = value;
    else if (kind === 'segment') sizes.set(rest, value);
    else if (kind === 'entered') entered.set(rest, value);
    else if (kind === 'converted') converted.set(rest, value);
    else if (value !== 0 && kind === 'run') found.runs[rest as RunStatus] = value;
    else if (value !== 0 && kind === 'message') found.messages[rest as MessageStatus] = value;
  }
  found.segments = (await rows(on, listSegments, {})).map((row) => ({
    id: String(row.id),
    size: sizes.get(String(row.id)) ?? 0,
    evaluatedAt: row.evaluated_at === null ? null : fromTime(String(row.evaluated_at)),
  }));
  found.campaigns = (await rows(on, listCampaigns, {})).map((row) => ({
    id: String(row.id),
    entered: entered.get(String(row.id)) ?? 0,
    converted: converted.get(String(row.id)) ?? 0,
  }));
  // Users are spread evenly over the slots, so the remaining slots show how many users a sweep has
  // left.
  found.dirtyUsers = waiting.marked + Math.ceil((found.users * waiting.unswept) / waiting.slots);
  return found;
}

type None = Record<string, never>;

/**
 * A single statement, so that it sees a single moment: two statements would miss work that moves in
 * between.
 */
const sums = prepared<None>(
  () => sql`select ${counters.name}, sum(${counters.value}) as ${sql.identifier('value')} from ${counters} group by ${counters.name}
    union all select 'marked', count(distinct ${dirtyUsers.userId}) from ${dirtyUsers}
    union all select 'unswept', count(*) from ${sweeps} where ${sweeps.done} = 0
    union all select 'slots', count(*) from ${sweeps}`,
);

const listSegments = prepared<None>(
  () => sql`select ${segments.id}, ${segments.evaluatedAt} from ${segments} order by ${segments.id}`,
);

const listCampaigns = prepared<None>(
  () => sql`select ${campaigns.id} from ${campaigns} order by ${campaigns.id}`,
);

function split(name: string): [string, string?] {
  const colon = name.indexOf(':');
  return colon < 0 ? [name] : [name.slice(0, colon), name.slice(colon + 1)];
}
