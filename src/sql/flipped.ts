import type { ComparisonOperator } from './ast.ts';

/** The operator that compares the same with the sides exchanged. */
export const FLIPPED: Record<ComparisonOperator, ComparisonOperator> = {
  '=': '=',
  '<=>': '<=>',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};
