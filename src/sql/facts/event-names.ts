import type { Expr, Query, Select, Source } from '../ast.ts';
import { selectsIn } from '../walk.ts';
import { conjuncts } from './conjuncts.ts';
import { constantOf } from './constants.ts';
import { isOptionalSide, isSchemaTable, joinsOf } from './tables.ts';

/**
 * Names of the events that a query can read: no other event changes the result. Undefined when the
 * query may read events of any name.
 *
 * Each use of the events table must be restricted to literal names, by `name = …` or `name in (…)`,
 * in a condition that always holds: in WHERE or in the ON of a join. The ON of an outer join only
 * holds for the tables on its optional side.
 */
export function eventNames(query: Query): string[] | undefined {
  const found = new Set<string>();
  for (const select of selectsIn(query)) {
    for (const source of select.sources.filter(isEvents)) {
      const names = namesOf(source, select);
      if (!names) return undefined;
      for (const name of names) found.add(name);
    }
  }
  return [...found];
}

/** The names that one use of the events table is restricted to. */
export function namesOf(source: Source, select: Select): string[] | undefined {
  const conditions = [
    ...conjuncts(select.where),
    ...joinsOf(source, select.from).flatMap(({ join, side }) =>
      join.join === 'inner' || isOptionalSide(join, side) ? conjuncts(join.on) : [],
    ),
  ];
  for (const condition of conditions) {
    const names = namesIn(condition, source);
    if (names) return names;
  }
  return undefined;
}

export function isEvents(source: Source): boolean {
  return isSchemaTable(source) && source.table === 'events';
}

function namesIn(condition: Expr, source: Source): string[] | undefined {
  let values: Expr[] | undefined;
  if (condition.kind === 'comparison' && (condition.op === '=' || condition.op === '<=>')) {
    const { left, right } = condition;
    values = isName(left, source) ? [right] : isName(right, source) ? [left] : undefined;
  } else if (condition.kind === 'in' && !condition.negated && isName(condition.operand, source)) {
    values = condition.list;
  }
  const names = values?.map((value) =>
    value.kind === 'string' || value.kind === 'param' ? constantOf(value) : undefined,
  );
  // The column's collation ignores trailing spaces: `x` equals `x `.
  return names?.every((name) => typeof name === 'string')
    ? names.map((name) => name.replace(/ +$/, ''))
    : undefined;
}

function isName(expr: Expr, source: Source): boolean {
  return (
    expr.kind === 'column' &&
    expr.source.kind === 'table' &&
    expr.source.depth === 0 &&
    expr.source.source === source &&
    expr.source.column.name === 'name'
  );
}
