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

/** Adds the cases about which the stores agree now to those found before. Returns how many there are of each kind. */
export async function keep(stores: FuzzedStore[], cases: Case[]): Promise<{ kept: number; open: number }> {
  const known: Found[] = await Bun.file(FOUND).json();
  const texts = new Set(known.map(({ sql, params }) => JSON.stringify([sql, params])));
  let open = 0;
  const kept: Found[] = [];
  for (const one of cases) {
    const found = await settled(stores, one);
    const text = JSON.stringify([one.sql, one.params]);
    if (!found) open++;
    else if (!texts.has(text)) kept.push(found);
    texts.add(text);
  }
  const lines = [...known, ...kept].map((one) => JSON.stringify(one));
  await Bun.write(FOUND, `[\n${lines.join(',\n')}\n]\n`);
  return { kept: kept.length, open };
}
