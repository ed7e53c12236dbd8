import type { CastType, Unit } from '../ast.ts';
import type { SqlType } from '../sql-type.ts';
import { LITERAL, textType } from './collations.ts';
import { decimal } from './decimals.ts';

export function castType(to: CastType): SqlType {
  switch (to.kind) {
    case 'signed':
    case 'year':
      return { kind: 'integer' };
    case 'unsigned':
      return { kind: 'integer', unsigned: true };
    case 'double':
    case 'float':
      return { kind: 'double' };
    case 'decimal':
      return decimal(to.precision, to.scale);
    case 'char':
      return textType({ collation: 'connection', coercibility: 2 });
    case 'binary':
      return textType({ collation: 'binary', coercibility: 2 });
    case 'date':
    case 'json':
      return { kind: to.kind };
    case 'datetime':
    case 'time':
      return { kind: to.kind, fsp: to.fsp };
  }
}

/** The type of a time plus an interval. */
export function shifted(type: SqlType, unit: Unit): SqlType {
  const days = ['day', 'week', 'month', 'quarter', 'year', 'year_month'].includes(unit);
  const fsp = unit.endsWith('microsecond') ? 6 : 0;
  switch (type.kind) {
    case 'date':
      return days ? type : { kind: 'datetime', fsp };
    case 'datetime':
      return { kind: 'datetime', fsp: Math.max(type.fsp, fsp) };
    case 'time':
      return days ? { kind: 'datetime', fsp: type.fsp } : { kind: 'time', fsp: Math.max(type.fsp, fsp) };
    case 'unknown':
      return type;
    default:
      return textType(LITERAL);
  }
}
