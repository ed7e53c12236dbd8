import { SegflowError } from '../core/errors.ts';
import type { Query } from './ast.ts';

/** A SELECT that has been read: the text and the parameters that came in, and what they mean. */
export interface ReadQuery {
  text: string;
  params: readonly unknown[];
  query: Query;
}

/** A SELECT as a store runs it: `?` in the text stand for `params`, in order. */
export interface PrintedQuery {
  text: string;
  params: (string | number | bigint | null)[];
}

/**
 * Reads one SELECT in MySQL's grammar: parses it, resolves its names against Segflow's schema, and types every expression.
 * Throws SegflowError `invalid_config` with the place in the text for anything else.
 */
export function readQuery(text: string, params: readonly unknown[]): ReadQuery {
  throw new SegflowError('invalid_config', `not read yet: ${text} with ${params.length} parameters`);
}
