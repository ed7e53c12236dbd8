import { messageOf } from '../../core/errors.ts';
import { deterministically } from '../../flow/activation/deterministic.ts';
import { isPromise } from '../value-kinds.ts';
import { SegmentTrouble } from './segment-trouble.ts';

/** A segment's SELECT in MySQL's dialect. Every parameter can be JSON. */
export interface BuiltQuery {
  sql: string;
  params: (string | number | boolean | null)[];
}

/** Builds the evaluator's query for the time `at` (epoch milliseconds). Throws SegmentTrouble. */
export async function buildSegmentQuery(evaluator: unknown, at: number): Promise<BuiltQuery> {
  const drizzle = await import('./drizzle-select.ts');
  if (typeof evaluator !== 'function') {
    throw new SegmentTrouble('the evaluator is not a function', EXAMPLE);
  }
  return deterministically(0, (scope) => {
    scope.now = at;
    let query: unknown;
    try {
      query = evaluator(drizzle.queryBuilder());
    } catch (error) {
      throw new SegmentTrouble(`the evaluator throws: ${messageOf(error)}`, undefined, error);
    }
    if (isPromise(query) && !drizzle.isSelect(query)) {
      query.then(undefined, () => {});
      throw new SegmentTrouble(
        'the evaluator returns a promise',
        'It builds a query, and Segflow runs it: no async, no await.',
      );
    }
    return drizzle.compile(query);
  });
}

// --- internal ---

const EXAMPLE = 'Write evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users).';
