import type { Param, Query } from '../ast.ts';
import type { PrintedQuery } from '../printed-query.ts';
import { walkQuery } from '../walk.ts';

/**
 * The query for MySQL: the author's text, character by character, so that MySQL itself decides what
 * the query means. Only parameters change: booleans and big integers become words of the text,
 * because a driver would send 1 for true, and 1 is not true in JSON.
 */
export function printMysql({ text, query }: { text: string; query: Query }): PrintedQuery {
  const params: PrintedQuery['params'] = [];
  let printed = '';
  let from = 0;
  for (const { at, value } of placeholders(query)) {
    printed += text.slice(from, at);
    from = at + 1;
    if (typeof value === 'boolean' || typeof value === 'bigint') printed += String(value);
    else {
      printed += '?';
      params.push(value);
    }
  }
  return { text: printed + text.slice(from), params };
}

/**
 * The placeholders in the order of the text. The nodes that USING or an asterisk adds to the tree
 * contain no placeholders.
 */
function placeholders(query: Query): Param[] {
  const found = new Map<number, Param>();
  for (const expr of walkQuery(query)) if (expr.kind === 'param') found.set(expr.at, expr);
  return [...found.values()].toSorted((a, b) => a.at - b.at);
}
