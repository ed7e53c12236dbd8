import { SegflowError } from '../../core/errors.ts';
import type { Param, Query } from '../ast.ts';
import { paramValue } from '../params.ts';
import { parse } from '../parse/parse.ts';
import { checkGroups } from '../resolve/full-group-by.ts';
import { resolve } from '../resolve/resolve.ts';
import { typeQuery } from '../types/typing.ts';
import { walkQuery } from '../walk.ts';

/** A SELECT that has been read: the text and the parameters as given, and their meaning. */
export interface ReadQuery {
  /** Without the final semicolon. */
  text: string;
  params: readonly unknown[];
  query: Query;
}

/**
 * Reads one SELECT in MySQL's grammar: parses the text, resolves names against Segflow's schema,
 * and types every expression. Throws SegflowError `invalid_config` with the place in the text for
 * anything else.
 */
export function readQuery(text: string, params: readonly unknown[]): ReadQuery {
  const { query, end } = parse(text);
  bindParams(query, params);
  resolve(query, text);
  typeQuery(query, text);
  checkGroups(query, text);
  return { text: text.slice(0, end), params, query };
}

function bindParams(query: Query, params: readonly unknown[]): void {
  const found = [...walkQuery(query)].filter((expr): expr is Param => expr.kind === 'param');
  found.sort((a, b) => a.at - b.at);
  if (found.length !== params.length) {
    throw new SegflowError(
      'invalid_config',
      `the query has ${found.length} placeholders (?) but ${params.length} parameters`,
    );
  }
  for (const [index, param] of found.entries()) {
    param.index = index;
    param.value = paramValue(params[index], index);
  }
}
