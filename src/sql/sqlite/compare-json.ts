import type { ComparisonOperator, Expr, JsonAccess } from '../ast.ts';
import { asJson } from './convert.ts';
import { type Stored, storedAt } from './json-access.ts';
import { constantOf, isConstant, type Printing, quoted, resolved } from './printing.ts';

/*
 * JSON compares by type first: null < numbers < strings < objects < arrays < booleans < dates.
 * SQLite itself compares a stored value with a literal; a function compares everything else.
 */

export function compareJsonWith(p: Printing, op: ComparisonOperator, [left, right]: [Expr, Expr]): string {
  return (
    againstLiteral(p, op, [left, right]) ??
    againstLiteral(p, MIRRORED[op], [right, left]) ??
    `my_json_cmp(${operandOf(p, left, right)}, ${operandOf(p, right, left)}) ${op} 0`
  );
}

/**
 * MySQL evaluates a condition without columns before it compares, so the condition is the number 1
 * or 0, not a boolean.
 */
function operandOf(p: Printing, expr: Expr, other: Expr): string {
  const isLiteral = constantOf(expr) !== undefined;
  if (expr.type.kind !== 'boolean' || isLiteral || !isConstant(expr) || isConstant(other))
    return asJson(p, expr);
  return `cast(${p.expr(expr)} as text)`;
}

const MIRRORED: Record<ComparisonOperator, ComparisonOperator> = {
  ...{ '=': '=', '<=>': '<=>', '<>': '<>' },
  ...{ '<': '>', '<=': '>=', '>': '<', '>=': '<=' },
};

function againstLiteral(
  p: Printing,
  op: ComparisonOperator,
  [left, right]: [Expr, Expr],
): string | undefined {
  const access = resolved(left);
  const constant = constantOf(right);
  if (access.kind !== 'json' || constant === undefined || constant.value === null) return undefined;
  const stored = storedAt(p, access as JsonAccess);
  if (!stored) return undefined;
  const { value } = constant;
  switch (typeof value) {
    case 'boolean':
      return op === '=' || op === '<>' ? sameText(stored, op, String(value)) : undefined;
    case 'string':
      return op === '=' || op === '<>'
        ? sameText(stored, op, JSON.stringify(value))
        : stringOrder(stored, op, value);
    case 'number':
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return undefined;
      return op === '=' || op === '<>'
        ? sameText(stored, op, JSON.stringify(value))
        : numberOrder(stored, op, value);
    default:
      return undefined;
  }
}

/** Each stored scalar has exactly one text. */
function sameText({ doc, path }: Stored, op: '=' | '<>', text: string): string {
  return `(${doc} -> ${path}) ${op} ${quoted(text)}`;
}

/** Only null is smaller than numbers, and all other types are greater. */
function numberOrder({ doc, path }: Stored, op: ComparisonOperator, value: number): string {
  const type = `json_type(${doc}, ${path})`;
  const other = op === '<' || op === '<=' ? `${type} = 'null'` : `${type} <> 'null'`;
  return `case when ${type} in ('integer', 'real') then (${doc} ->> ${path}) ${op} ${value} else ${other} end`;
}

function stringOrder({ doc, path }: Stored, op: ComparisonOperator, value: string): string {
  const type = `json_type(${doc}, ${path})`;
  const less = op === '<' || op === '<=' ? '' : 'not ';
  return `case ${type} when 'text' then (${doc} ->> ${path}) ${op} ${quoted(value)} else ${type} ${less}in ('null', 'integer', 'real') end`;
}
