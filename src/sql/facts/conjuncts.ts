import type { Expr } from '../ast.ts';

/** The conditions that all hold where this one does: those that AND connects. */
export function conjuncts(condition: Expr | undefined): Expr[] {
  if (!condition) return [];
  return condition.kind === 'logic' && condition.op === 'and'
    ? condition.operands.flatMap(conjuncts)
    : [condition];
}
