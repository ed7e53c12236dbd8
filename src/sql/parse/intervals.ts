import type { Expr, Unit } from '../ast.ts';
import type { Reader } from './reader.ts';

/** `INTERVAL amount unit`; undefined where INTERVAL is something else. */
export function interval(reader: Reader): { amount: Expr; unit: Unit } {
  reader.expect('interval');
  const amount = reader.grammar.expression(reader);
  return { amount, unit: unit(reader) };
}

export function unit(reader: Reader): Unit {
  const { kind, value } = reader.peek();
  const name = value.startsWith('sql_tsi_') ? value.slice('sql_tsi_'.length) : value;
  if (kind !== 'word' || !UNITS.has(name)) throw reader.unexpected('a unit of time such as DAY');
  reader.take();
  return name as Unit;
}

const UNITS: ReadonlySet<string> = new Set(
  `microsecond second minute hour day week month quarter year second_microsecond minute_microsecond minute_second hour_microsecond
   hour_second hour_minute day_microsecond day_second day_minute day_hour year_month`.split(/\s+/),
);
