import type { Expr } from '../ast.ts';

/** The conditions connected by AND: all of them hold wherever the whole condition holds. */
export function conjuncts(condition: Expr | undefined): Expr[] {
  if (!condition) return [];
  return condition.kind === 'logic' && condition.op === 'and'
    ? condition.operands.flatMap(conjuncts)
    : [condition];
}
