import type { Column, ColumnRef, ColumnSource, Cte, Query, SelectItem, Source, TableRef } from '../ast.ts';
import { UNKNOWN } from '../sql-type.ts';

/** The names that are visible at a place in a query. */
export interface Scope {
  /** The tables of FROM; empty for a query inside FROM, which cannot see the tables beside it. */
  tables: TableRef[];
  /** The select list, in places that can use its aliases. */
  items: SelectItem[] | undefined;
  /** The queries that become correlated when a name is found further out. */
  queries: Query[];
  outer: Scope | undefined;
}

/** The CTEs that are visible, the innermost first. */
export interface Ctes {
  list: Cte[];
  outer: Ctes | undefined;
}

export function cteOf(name: string, ctes: Ctes | undefined): Cte | undefined {
  for (let here = ctes; here; here = here.outer) {
    const found = here.list.findLast((cte) => cte.name === name);
    if (found) return found;
  }
  return undefined;
}

export type Found = ColumnSource | 'ambiguous' | undefined;

/** The column with this name among tables. Only names in the tables themselves count. */
export function columnIn(
  tables: TableRef[],
  { qualifier, name }: Pick<ColumnRef, 'qualifier' | 'name'>,
): Found {
  const table = qualifier.at(-1);
  const candidates =
    table === undefined
      ? tables.flatMap(visible)
      : tables.flatMap(allSources).filter(({ source }) => source.name === table);
  const found = candidates.filter(({ column }) => isNamed(column, name));
  if (found.length > 1) return 'ambiguous';
  const [only] = found;
  return only && { kind: 'table', ...only, depth: 0 };
}

/**
 * The column that a name refers to in an inner query: searches every scope outwards, starting with
 * this one.
 */
export function columnOutside(
  scope: Scope | undefined,
  column: Pick<ColumnRef, 'qualifier' | 'name'>,
): Found {
  let depth = 1;
  for (let here = scope; here; here = here.outer, depth++) {
    const found = columnIn(here.tables, column) ?? itemIn(here.items, column);
    if (found === 'ambiguous') return found;
    if (found) return found.kind === 'table' ? { ...found, depth } : found;
  }
  return undefined;
}

/** How many scopes are left to search, including this one. */
export function marksOutside(scope: Scope, depth: number): void {
  let here: Scope | undefined = scope;
  for (let i = 0; i < depth && here; i++, here = here.outer) {
    for (const query of here.queries) query.correlated = true;
  }
}

/** An item of the select list by its alias. */
export function itemIn(
  items: SelectItem[] | undefined,
  { qualifier, name }: Pick<ColumnRef, 'qualifier' | 'name'>,
): Found {
  if (items === undefined || qualifier.length > 0) return undefined;
  const found = items.filter(
    ({ alias }) => alias !== undefined && alias.toLowerCase() === name.toLowerCase(),
  );
  if (found.length > 1) return 'ambiguous';
  return found[0] && { kind: 'item', item: found[0] };
}

export function isNamed({ name }: Column, wanted: string): boolean {
  return name.toLowerCase() === wanted.toLowerCase();
}

interface Visible {
  source: Source;
  column: Column;
}

/**
 * The columns that a name without a table can refer to, and that an asterisk stands for. A column
 * of USING appears once.
 */
export function visible(ref: TableRef): Visible[] {
  if (ref.kind !== 'join') return ref.columns.map((column) => ({ source: ref, column }));
  const left = visible(ref.left);
  const right = visible(ref.right);
  if (ref.using.length === 0) return [...left, ...right];
  const kept = ref.join === 'right' ? right : left;
  const isUsed = ({ column }: Visible) => ref.using.some(({ name }) => isNamed(column, name));
  return [
    ...kept.filter(isUsed),
    ...left.filter((item) => !isUsed(item)),
    ...right.filter((item) => !isUsed(item)),
  ];
}

export function refTo({ source, column }: Visible, at: number): ColumnRef {
  return {
    ...{ kind: 'column', at, type: UNKNOWN, qualifier: [source.name], name: column.name },
    source: { kind: 'table', source, column, depth: 0 },
  };
}

function allSources(ref: TableRef): Visible[] {
  if (ref.kind === 'join') return [...allSources(ref.left), ...allSources(ref.right)];
  return ref.columns.map((column) => ({ source: ref, column }));
}
