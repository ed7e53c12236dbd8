import type { Column } from '../ast.ts';
import { refusal } from '../refusal.ts';

/** A query's columns as columns of a table, renamed if there is a list of names. */
export function named(
  columns: Column[],
  names: string[] | undefined,
  { what, text, at }: { what: string; text: string; at: number },
): Column[] {
  if (names && names.length !== columns.length) {
    throw refusal(`"${what}" has ${names.length} names for ${columns.length} columns`, { text, at });
  }
  const result = columns.map((column, index) => ({ ...column, name: names?.[index] ?? column.name }));
  const seen = new Set<string>();
  for (const { name } of result) {
    if (seen.has(name.toLowerCase())) {
      throw refusal(`"${what}" has two columns called "${name}"`, { text, at, hint: 'Give one an alias.' });
    }
    seen.add(name.toLowerCase());
  }
  return result;
}
