import { SegflowError } from '../core/errors.ts';
import type { ParamValue } from './ast.ts';

/**
 * The value of a parameter, as a literal could write it. Throws `invalid_config` for a value that
 * has no literal.
 */
export function paramValue(value: unknown, index: number): ParamValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime()))
      throw refused(index, 'an invalid Date', 'Check the value that the Date is created from.');
    return value.toISOString().slice(0, 23).replace('T', ' ');
  }
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw refused(index, String(value), 'Pass a finite number.');
      return value;
    case 'string':
    case 'bigint':
    case 'boolean':
      return value;
    case 'object':
      return JSON.stringify(value);
    default:
      throw refused(index, `a ${typeof value}`, 'Pass a text, a number, a boolean, a Date, null, or JSON.');
  }
}

function refused(index: number, what: string, hint: string): SegflowError {
  return new SegflowError('invalid_config', `parameter ${index + 1} of the query is ${what}`, { hint });
}
