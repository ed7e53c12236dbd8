import type { Join, Source, TableRef } from '../ast.ts';
import { comparison } from './compare.ts';
import { asCondition } from './convert.ts';
import { type Printing, unsupported } from './printing.ts';

/** The name of the query's CTE in SQLite. */
export type CteNames = ReadonlyMap<object, string>;

/** The FROM clause including the keyword; empty without tables. */
export function fromClause(p: Printing, from: TableRef[], ctes: CteNames): string {
  return from.length === 0 ? '' : ` from ${from.map((ref) => table(p, ref, ctes)).join(', ')}`;
}

function table(p: Printing, ref: TableRef, ctes: CteNames): string {
  return ref.kind === 'join' ? join(p, ref, ctes) : source(p, ref, ctes);
}

function source(p: Printing, ref: Source, ctes: CteNames): string {
  switch (ref.kind) {
    case 'table':
      return `${ref.cte ? ctes.get(ref.cte)! : ref.table.toLowerCase()} as ${p.alias(ref)}`;
    case 'derived':
      if (ref.lateral)
        throw unsupported('LATERAL', {
          at: ref.at,
          why: 'it has no lateral joins; use a subquery',
          text: p.text,
        });
      return `(${p.query(ref.query)}) as ${p.alias(ref)}`;
    case 'jsonTable':
      throw unsupported('JSON_TABLE()', {
        at: ref.at,
        why: 'it has no such table; use JSON_CONTAINS',
        text: p.text,
      });
  }
}

const WORDS = { inner: 'join', cross: 'join', left: 'left join', right: 'right join' };

function join(p: Printing, { join: kind, left, right, on, using }: Join, ctes: CteNames): string {
  const conditions = [
    ...using.map((column) => comparison(p, '=', [column.left, column.right])),
    ...(on ? [asCondition(p, on)] : []),
  ];
  // Joins bind more closely than commas, and are left-associative.
  const rightSide = right.kind === 'join' ? `(${table(p, right, ctes)})` : table(p, right, ctes);
  const condition =
    conditions.length === 0 ? '' : ` on ${conditions.map((text) => `(${text})`).join(' and ')}`;
  return `${table(p, left, ctes)} ${WORDS[kind]} ${rightSide}${condition}`;
}
