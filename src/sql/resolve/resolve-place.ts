import type { Cte, Query } from '../ast.ts';
import type { Ctes, Scope } from './scope.ts';

/** The surroundings of a query. */
export interface Place {
  text: string;
  ctes: Ctes | undefined;
  outer: Scope | undefined;
  /**
   * Enclosing queries that have this one as a term in brackets: they are correlated if this one is.
   */
  queries: Query[];
  /** The recursive CTEs around the query. */
  open: ReadonlySet<Cte>;
}
