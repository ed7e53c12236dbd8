import { SegflowError } from '../../core/errors.ts';
import type { AdaptedSegment, SegmentDialect } from './driver.ts';

/**
 * How many adapted statements are kept: every segment of a deployment, and some of earlier ones.
 */
const CACHE = 500;

/** Adapts each segment's SELECT once. Errors name the segment. */
export function adaptedOnce(
  adapt: (sql: string, params: unknown[]) => AdaptedSegment,
): SegmentDialect['adapt'] {
  const known = new Map<string, AdaptedSegment>();
  return ({ id, sql, params }) => {
    const key = JSON.stringify([sql, params]);
    const found = known.get(key);
    if (found) return found;
    try {
      const adapted = adapt(sql, params);
      if (known.size >= CACHE) known.clear();
      known.set(key, adapted);
      return adapted;
    } catch (error) {
      if (!SegflowError.is(error)) throw error;
      const options = { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) };
      throw new SegflowError(error.code, `segment "${id}": ${error.message}`, options);
    }
  };
}
