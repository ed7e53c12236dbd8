import { type SqlType, UNKNOWN } from '../sql-type.ts';
import { mixed, textType, weightOf } from './collations.ts';
import { type NumericType, numericOf, widest } from './decimals.ts';

/**
 * The type of an expression that returns one of several: CASE, COALESCE, a column of a UNION.
 * Undefined when the texts' collations cannot be mixed. Booleans become integers: the result is no
 * longer JSON's true.
 */
export function merged(all: SqlType[]): SqlType | undefined {
  const types = all.filter(({ kind }) => kind !== 'null');
  const [first] = types;
  if (!first) return { kind: 'null' };
  if (types.some(({ kind }) => kind === 'unknown')) return UNKNOWN;
  const kinds = new Set(types.map(({ kind }) => kind));
  if (isEvery(kinds, NUMBERS)) return widest(types.map(numericOf) as NumericType[]);
  if (isEvery(kinds, ['json', 'date']) && kinds.size === 1) return first;
  if (isEvery(kinds, ['time']) || isEvery(kinds, ['datetime', 'date', 'time'])) {
    const fsp = Math.max(...types.map((type) => ('fsp' in type ? type.fsp : 0)));
    return isEvery(kinds, ['time']) ? { kind: 'time', fsp } : { kind: 'datetime', fsp };
  }
  const mix = mixed(types.map(weightOf));
  return mix && textType(mix);
}

const NUMBERS = ['boolean', 'integer', 'decimal', 'double'];

function isEvery(kinds: ReadonlySet<string>, allowed: string[]): boolean {
  return [...kinds].every((kind) => allowed.includes(kind));
}
