import type { Cte, Query } from '../ast.ts';
import type { Ctes, Scope } from './scope.ts';

/** Where a query stands. */
export interface Place {
  text: string;
  ctes: Ctes | undefined;
  outer: Scope | undefined;
  /** Queries that this one is a term of, in brackets: they reach outside where it does. */
  queries: Query[];
  /** The recursive CTEs that it is inside of. */
  open: ReadonlySet<Cte>;
}
