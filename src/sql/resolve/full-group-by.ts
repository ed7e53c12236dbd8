import type { Expr, Query, Select } from '../ast.ts';
import { refusal } from '../refusal.ts';
import { isSame, plain } from '../same.ts';
import { partsOf, queriesIn, walkQuery } from '../walk.ts';
import { Determined } from './determined.ts';

/**
 * Throws `invalid_config` when a SELECT with groups names a column that may differ within a group,
 * as MySQL does (ONLY_FULL_GROUP_BY). Other databases would take the value of an arbitrary row.
 */
export function checkGroups(query: Query, text: string): void {
  for (const inner of queriesIn(query)) {
    const { body } = inner;
    const ordered = body.kind === 'select' ? inner.orderBy.map(({ expr }) => expr) : [];
    for (const select of selectsOf(inner)) checkSelect(select, select === body ? ordered : [], text);
  }
}

// --- internal ---

function selectsOf({ body }: Query): Select[] {
  const found: Select[] = [];
  const visit = (term: typeof body) => {
    if (term.kind === 'select') found.push(term);
    else if (term.kind === 'set') {
      visit(term.left);
      visit(term.right);
    }
  };
  visit(body);
  return found;
}

/** DISTINCT merges rows that may differ in the ORDER BY expression. */
function checkDistinct(select: Select, ordered: Expr[], text: string): void {
  const selected = select.items.flatMap(({ expr }) => (expr.kind === 'star' ? expr.columns : [expr]));
  const check = (expr: Expr): void => {
    if (selected.some((item) => isSame(item, expr))) return;
    if (expr.kind === 'column' && isOwn(expr, select)) {
      throw refusal(`SELECT DISTINCT is ordered by ${expr.name}, which it does not select`, {
        text,
        at: expr.at,
      });
    }
    for (const part of partsOf(expr).exprs) check(part);
  };
  for (const expr of ordered) check(expr);
}

function checkSelect(select: Select, ordered: Expr[], text: string): void {
  if (select.distinct) checkDistinct(select, ordered, text);
  if (!select.grouped) return;
  const determined = new Determined(select, select.groupBy);
  const check = (given: Expr): void => {
    const expr = plain(given);
    if (expr.kind === 'aggregate' || select.groupBy.some((by) => isSame(by, expr))) return;
    if (expr.kind === 'call' && (expr.name === 'any_value' || expr.name === 'grouping')) return;
    if (expr.kind === 'column') {
      if (isOwn(expr, select) && !determined.has({ ...expr, source: { ...expr.source, depth: 0 } } as Expr)) {
        const name = [...expr.qualifier, expr.name].join('.');
        throw refusal(`${name} is not grouped by, and may differ within a group`, {
          ...{ text, at: given.at },
          hint: `Group by it as well, or take max(${name}), min(${name}) or any_value(${name}).`,
        });
      }
      return;
    }
    const { exprs, queries } = partsOf(expr);
    for (const part of exprs) check(part);
    for (const query of queries) {
      for (const part of walkQuery(query)) if (part.kind === 'column' && isOwn(part, select)) check(part);
    }
  };
  for (const { expr } of select.items) check(expr);
  if (select.having) check(select.having);
  for (const expr of ordered) check(expr);
}

function isOwn(expr: Expr, select: Select): boolean {
  return (
    expr.kind === 'column' && expr.source.kind === 'table' && select.sources.includes(expr.source.source)
  );
}
