import type { Column, Join, NamedTable, Select, Source, TableRef } from '../ast.ts';
import { sourcesOf } from '../walk.ts';
import { named } from './columns.ts';
import type { Names } from './names.ts';
import type { Place } from './resolve-place.ts';
import { schemaTableOf, schemaTables } from './schema-tables.ts';
import { columnIn, cteOf, type Found, isNamed, refTo, visible } from './scope.ts';

/** Resolves FROM, from left to right. */
export function resolveTables(select: Select, names: Names, place: Place): void {
  select.sources = sourcesOf(select.from);
  checkNames(select.sources, names);
  const before: TableRef[] = [];
  for (const ref of select.from) {
    resolveTable(ref, before, { names, place });
    before.push(ref);
  }
  names.scope.tables = select.from;
}

function resolveTable(ref: TableRef, before: TableRef[], at: { names: Names; place: Place }): void {
  switch (ref.kind) {
    case 'table':
      ref.columns = columnsOf(ref, at);
      break;
    case 'derived': {
      at.names.query(ref.query, ref.lateral ? before : []);
      ref.columns = named(ref.query.columns, ref.names, { what: ref.name, text: at.place.text, at: ref.at });
      break;
    }
    case 'jsonTable':
      at.names.resolve(ref.doc, 'on', before);
      break;
    case 'join':
      resolveTable(ref.left, before, at);
      resolveTable(ref.right, [...before, ref.left], at);
      if (ref.natural) ref.using = naturalColumns(ref);
      for (const using of ref.using) bindUsing(using, ref, at.names);
      if (ref.on) at.names.resolve(ref.on, 'on', [ref.left, ref.right]);
  }
}

function columnsOf(ref: NamedTable, { names, place }: { names: Names; place: Place }): Column[] {
  const cte = cteOf(ref.table, place.ctes);
  if (cte) {
    ref.cte = cte;
    if (place.open.has(cte)) {
      cte.recursive = true;
      if (cte.columns.length === 0) {
        throw names.refuse(
          `${ref.table} reads itself in its first SELECT`,
          ref.at,
          'Begin with one that does not.',
        );
      }
    }
    return cte.columns;
  }
  const table = schemaTableOf(ref.table);
  if (table) return table.columns;
  const known = schemaTables().map(({ name }) => name);
  const other = known.find((name) => name.toLowerCase() === ref.table.toLowerCase());
  throw names.refuse(
    `there is no table ${ref.table}`,
    ref.at,
    other === undefined ? `Tables are ${known.join(', ')}.` : `It is written ${other}.`,
  );
}

function checkNames(sources: Source[], names: Names): void {
  const seen = new Set<string>();
  for (const { name, at } of sources) {
    if (seen.has(name.toLowerCase())) {
      throw names.refuse(`FROM has two tables called "${name}"`, at, 'Give one an alias.');
    }
    seen.add(name.toLowerCase());
  }
}

function naturalColumns(join: Join): Join['using'] {
  const right = visible(join.right);
  return visible(join.left)
    .filter(({ column }) => right.some((other) => isNamed(other.column, column.name)))
    .map((found) => ({
      name: found.column.name,
      left: refTo(found, join.at),
      right: refTo(right.find((other) => isNamed(other.column, found.column.name))!, join.at),
    }));
}

function bindUsing(using: Join['using'][number], join: Join, names: Names): void {
  const sides: ['left' | 'right', Found][] = [
    ['left', columnIn([join.left], { qualifier: [], name: using.name })],
    ['right', columnIn([join.right], { qualifier: [], name: using.name })],
  ];
  for (const [side, found] of sides) {
    if (found === 'ambiguous')
      throw names.refuse(`USING names ${using.name}, which is in several tables`, using[side].at);
    if (found === undefined) {
      throw names.refuse(`USING names ${using.name}, which is not a column on its ${side}`, using[side].at);
    }
    using[side].source = found;
    if (found.kind === 'table') using[side].qualifier = [found.source.name];
  }
}
