import { type Case, peopleOf } from './disagreement.ts';
import { answered, askAll, disagree, type FuzzedStore, type StoreName } from './stores.ts';

/** A case that stores once disagreed about, with what is right. */
export interface Found extends Case {
  /** Ids, in the order of the users, between bars; null where every store refuses the query. */
  members: string | null;
  /** The stores that refuse the query at push. */
  refused?: StoreName[];
}

export const FOUND = new URL('found.json', import.meta.url);
export const OPEN = new URL('open.json', import.meta.url);

/** What is right about a case, when the stores agree now; undefined when they do not. */
export async function settled(
  stores: FuzzedStore[],
  { sql, params, users, events }: Case,
): Promise<Found | undefined> {
  const bare = { sql, params, users, events };
  await Promise.all(stores.map((store) => store.populate(peopleOf(bare))));
  const answers = await askAll(stores, { sql, params }, 3);
  if (disagree(answers) || [...answers.values()].some(({ kind }) => kind === 'failed')) return undefined;
  const refused = [...answers].filter(([, { kind }]) => kind === 'refused').map(([name]) => name);
  const told = [...answers.values()].find(({ kind }) => kind === 'members');
  return {
    ...bare,
    members: answered(answers) > 0 && told?.kind === 'members' ? told.members : null,
    ...(refused.length === 0 ? {} : { refused }),
  };
}

/**
 * Tries the cases, and those that were open before. Cases about which the stores agree now go to `found.json`, the others to
 * `open.json`: these are still to be fixed. Returns how many there are of each kind.
 */
export async function keep(stores: FuzzedStore[], cases: Case[]): Promise<{ kept: number; open: number }> {
  const known: Found[] = await Bun.file(FOUND).json();
  const before: Case[] = await Bun.file(OPEN).json();
  const texts = new Set(known.map(textOf));
  const open: Case[] = [];
  const kept: Found[] = [];
  for (const one of [...before, ...cases]) {
    if (texts.has(textOf(one))) continue;
    texts.add(textOf(one));
    const found = await settled(stores, one);
    if (found) kept.push(found);
    else open.push({ sql: one.sql, params: one.params, users: one.users, events: one.events });
  }
  await write(FOUND, [...known, ...kept]);
  await write(OPEN, open);
  return { kept: kept.length, open: open.length };
}

function textOf({ sql, params }: Case): string {
  return JSON.stringify([sql, params]);
}

async function write(file: URL, cases: Case[]): Promise<void> {
  const lines = cases.map((one) => JSON.stringify(one));
  await Bun.write(file, `[${lines.length > 0 ? `\n${lines.join(',\n')}\n` : ''}]\n`);
}
