import type { Expr, JsonAccess } from '../ast.ts';
import type { JsonLeg } from '../json-path.ts';
import { type Printing, quoted } from './printing.ts';

/*
 * JSON at a path. Segflow stores attributes as JSON.stringify writes them, so SQLite's own
 * operators can read them, and two scalars are equal when their texts are. Functions handle paths
 * that SQLite reads differently from MySQL, and JSON that a query computes.
 */

/** A stored document and a path that SQLite reads in the same way as MySQL. */
export interface Stored {
  doc: string;
  path: string;
}

/** Undefined when only a function can read it. */
export function storedAt(p: Printing, { doc, path }: Pick<JsonAccess, 'doc' | 'path'>): Stored | undefined {
  if (!isStored(doc)) return undefined;
  const legs = path.legs.map(plainLeg);
  return legs.includes(undefined) || legs.length === 0
    ? undefined
    : { doc: p.expr(doc), path: quoted(`$${legs.join('')}`) };
}

function plainLeg(leg: JsonLeg, index: number, legs: readonly JsonLeg[]): string | undefined {
  if (leg.kind === 'key') return /["\\]/.test(leg.name) || leg.name === '' ? undefined : `."${leg.name}"`;
  // For a value that is not an array, [0] is the value itself in MySQL, and nothing in SQLite.
  const plain = leg.kind === 'index' && leg.index > 0 && index === legs.length - 1;
  return plain ? `[${leg.index}]` : undefined;
}

/** Whether a document is a column of a table, possibly passed on by a CTE or a derived table. */
function isStored(doc: Expr): boolean {
  if (doc.kind !== 'column' || doc.source.kind !== 'table') return false;
  const { source, column } = doc.source;
  if (source.kind === 'table' && source.cte === undefined) return doc.type.kind === 'json';
  return column.exprs.length > 0 && column.exprs.every(isStored);
}

/** As JSON. */
export function accessJson(p: Printing, access: JsonAccess): string {
  const stored = storedAt(p, access);
  if (stored) return `${stored.doc} -> ${stored.path}`;
  return `my_extract_path(${p.expr(access.doc)}, ${quoted(access.path.text)})`;
}

/** As text without quotes. */
export function accessText(p: Printing, access: JsonAccess): string {
  const stored = storedAt(p, access);
  if (!stored) return `my_json_unquote(${accessJson(p, access)})`;
  const { doc, path } = stored;
  return `case json_type(${doc}, ${path}) when 'text' then ${doc} ->> ${path} when 'integer' then ${doc} -> ${path} else my_json_unquote(${doc} -> ${path}) end`;
}

/** As a double; undefined when there is no direct form. */
export function accessNumber(p: Printing, access: JsonAccess): string | undefined {
  const value = accessScalar(p, access);
  return value && `my_num(${value})`;
}

/**
 * As a number if the value is one, else as a text that begins with MySQL's number for the value.
 * SQLite reads JSON's true as 1, as MySQL does except in text, and null as NULL, where MySQL has 0.
 */
export function accessScalar(p: Printing, access: JsonAccess): string | undefined {
  const stored = storedAt(p, access);
  if (!stored) return undefined;
  const { doc, path } = stored;
  const value = `coalesce(${doc} ->> ${path}, iif(${doc} -> ${path} is null, null, 0))`;
  return access.unquote ? `iif(json_type(${doc}, ${path}) = 'true', 0, ${value})` : value;
}
