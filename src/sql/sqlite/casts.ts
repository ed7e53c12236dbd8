import type { Cast, Expr } from '../ast.ts';
import { asClockTime, asDate, asDecimal, asDouble, asInteger, asJson, asMoment, asText } from './convert.ts';
import { type Printing, unsupported } from './printing.ts';

/** A text is read as written, whatever it was computed from. */
function integer(p: Printing, operand: Expr): string {
  return operand.type.kind === 'text' ? `my_text_integer(${asText(p, operand)})` : asInteger(p, operand);
}

export function cast(p: Printing, { operand, to, at }: Cast): string {
  switch (to.kind) {
    case 'signed':
      return integer(p, operand);
    case 'unsigned':
      return `my_unsigned(${integer(p, operand)})`;
    case 'double':
      return asDouble(p, operand);
    case 'decimal':
      return `my_dec_fit(${operand.type.kind === 'double' ? asDouble(p, operand) : asDecimal(p, operand)}, ${to.precision}, ${to.scale})`;
    case 'char':
    case 'binary':
      return to.length === undefined ? asText(p, operand) : `my_left(${asText(p, operand)}, ${to.length})`;
    case 'date':
      return operand.type.kind === 'date' ? p.expr(operand) : asDate(p, operand);
    case 'datetime':
      return `my_cast_datetime(${asMoment(p, operand)}, ${to.fsp})`;
    case 'time':
      return `my_cast_time(${asClockTime(p, operand)}, ${to.fsp})`;
    case 'json':
      return operand.type.kind === 'text' ? `my_json_parse(${asText(p, operand)})` : asJson(p, operand);
    case 'float':
    case 'year':
      throw unsupported(`CAST(… AS ${to.kind.toUpperCase()})`, {
        at,
        why: to.kind === 'year' ? 'it has no such type; use YEAR()' : 'it has no such type; use DOUBLE',
        text: p.text,
      });
  }
}
