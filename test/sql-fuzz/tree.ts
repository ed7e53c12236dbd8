import { type SQL, sql } from 'drizzle-orm';
import type { QueryBuilder } from 'drizzle-orm/mysql-core';

/*
 * A generated query is a tree of text, parameters and nodes. The shrinker knows nothing of SQL: it puts a node's descendants,
 * or something simple, in the node's place. What makes no sense is refused by the stores, and then it is not a smaller
 * failure.
 */

export type Parameter = string | number | bigint | boolean | Date | null;
export type Part = string | { param: Parameter } | Node;

/**
 * value: an expression. query: a SELECT. optional: a clause that may be left out. list: parts between separators, of which any
 * but one may be left out.
 */
export type Sort = 'value' | 'query' | 'optional' | 'list';

export interface Node {
  sort: Sort;
  parts: Part[];
  /** Puts the parts of the root together where that is not just writing them down: Drizzle's builder. */
  build?: (db: QueryBuilder, parts: SQL[]) => unknown;
}

export const value = (...parts: Part[]): Node => ({ sort: 'value', parts });
export const query = (...parts: Part[]): Node => ({ sort: 'query', parts });
export const optional = (...parts: Part[]): Node => ({ sort: 'optional', parts });
export const param = (given: Parameter): Part => ({ param: given });

/** The nodes of a list stand at even places, the separators between them. */
export function list(items: Part[], separator: string): Node {
  return { sort: 'list', parts: items.flatMap((item, index) => (index === 0 ? [item] : [separator, item])) };
}

/** The query as an evaluator would return it. */
export function written(root: Node, db: QueryBuilder): unknown {
  return root.build ? root.build(db, root.parts.map(partSql)) : partSql(root);
}

/** How many nodes and parts there are, to tell what is smaller. */
export function sizeOf(part: Part): number {
  if (typeof part === 'string') return part.length / 20;
  if ('param' in part) return 1 + String(part.param).length / 20;
  return 1 + part.parts.reduce((sum, inner) => sum + sizeOf(inner), 0);
}

export function isNode(part: Part): part is Node {
  return typeof part === 'object' && 'sort' in part;
}

function partSql(part: Part): SQL {
  if (typeof part === 'string') return sql.raw(part);
  if ('param' in part) return sql`${part.param}`;
  return sql.join(part.parts.map(partSql));
}
