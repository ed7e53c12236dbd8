import type { Join, NamedTable, Query, Select, Source, TableRef } from '../ast.ts';
import { selectsIn } from '../walk.ts';

/** Whether the table is one of Segflow's, not a CTE. */
export function isSchemaTable(source: Source): source is NamedTable {
  return source.kind === 'table' && source.cte === undefined;
}

export function schemaTablesRead(query: Query): string[] {
  const names = [...selectsIn(query)].flatMap(({ sources }) => sources.filter(isSchemaTable));
  return [...new Set(names.map(({ table }) => table))].toSorted();
}

/** The joins around a table, the innermost first, each with the table's side. */
export function joinsOf(source: Source, from: TableRef[]): { join: Join; side: 'left' | 'right' }[] {
  const search = (ref: TableRef): { join: Join; side: 'left' | 'right' }[] | undefined => {
    if (ref === source) return [];
    if (ref.kind !== 'join') return undefined;
    for (const side of ['left', 'right'] as const) {
      const found = search(ref[side]);
      if (found) return [...found, { join: ref, side }];
    }
    return undefined;
  };
  for (const ref of from) {
    const found = search(ref);
    if (found) return found;
  }
  return [];
}

/** Whether an outer join can replace the table's row with NULLs. */
export function isOptional(source: Source, { from }: Select): boolean {
  return joinsOf(source, from).some(({ join, side }) => isOptionalSide(join, side));
}

export function isOptionalSide({ join }: Join, side: 'left' | 'right'): boolean {
  return (join === 'left' && side === 'right') || (join === 'right' && side === 'left');
}
