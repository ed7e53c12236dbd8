import type { Aggregate, Expr, WindowCall } from '../ast.ts';
import { isTrimmed } from './compare-text.ts';
import { asAddend, asDecimal, asDouble, asInteger, asJson, asText } from './convert.ts';
import { groupKey, orderKey } from './keys.ts';
import { order } from './order.ts';
import { type Printing, quoted, resolved, unsupported } from './printing.ts';
import { MAX_SCALE } from './values/decimal.ts';

/** An aggregate over a group. */
export function aggregate(p: Printing, call: Aggregate): string {
  const { name, distinct, args, type } = call;
  const first = args[0]!;
  switch (name) {
    case 'count':
      return count(p, call);
    case 'sum':
      return type.kind === 'double'
        ? `my_sum(${each(call, distinct ? asDouble(p, first) : asAddend(p, first))})`
        : `my_dec_sum(${each(call, exactly(p, call))})`;
    case 'avg':
      if (type.kind === 'double') {
        const value = each(call, distinct ? asDouble(p, first) : asAddend(p, first));
        return `my_sum(${value}) / cast(count(${value}) as real)`;
      }
      return `my_dec_div(my_dec_sum(${each(call, exactly(p, call))}), count(${each(call, exactly(p, call))}), ${averageScale(call)})`;
    case 'min':
    case 'max':
      return extreme(p, call);
    case 'group_concat':
      return groupConcat(p, call);
    case 'json_arrayagg':
      return `my_json_arrayagg(${asJson(p, first)})`;
    case 'json_objectagg':
      return `my_json_objectagg(my_json_array(my_json_string(${asText(p, first)}), ${asJson(p, args[1]!)}))`;
    case 'bit_and':
    case 'bit_or':
    case 'bit_xor':
      return `my_${name}_all(${distinct ? 'distinct ' : ''}${asInteger(p, first)})`;
    default:
      return `my_${name}(${asDouble(p, first)})`;
  }
}

/** AVG of exact numbers where a double is needed; undefined for other expressions. */
export function averageAsDouble(p: Printing, expr: Expr): string | undefined {
  const found = resolved(expr);
  if (found.kind !== 'aggregate' || found.name !== 'avg' || found.type.kind !== 'decimal') return undefined;
  const value = each(found, exactly(p, found));
  return `my_dec_double(my_dec_sum(${value})) / cast(count(${value}) as real)`;
}

/** For DISTINCT, equal exact numbers are written in one way. */
function exactly(p: Printing, { args, distinct }: Aggregate): string {
  const value = asDecimal(p, args[0]!);
  const { type } = args[0]!;
  return distinct && type.kind === 'decimal' ? `my_dec_fit(${value}, 65, ${type.scale})` : value;
}

function each({ distinct }: Aggregate, value: string): string {
  return distinct ? `distinct ${value}` : value;
}

function averageScale({ type }: Aggregate | WindowCall): number {
  return type.kind === 'decimal' ? Math.min(type.scale, MAX_SCALE) : 4;
}

function count(p: Printing, { distinct, args }: Aggregate): string {
  if (args[0]!.kind === 'star') return 'count(*)';
  if (!distinct) return `count(${p.expr(args[0]!)})`;
  const keys = args.map((arg) => groupKey(p, arg));
  if (keys.length === 1) return `count(distinct ${keys[0]})`;
  // A row with a NULL does not count. Trailing spaces of texts make no difference.
  const trimmed = args.map((arg, index) =>
    arg.type.kind === 'text' && arg.type.collation === 'utf8mb4_bin'
      ? `rtrim(${asText(p, arg)}, ' ')`
      : keys[index]!,
  );
  return `count(distinct my_tuple(${trimmed.join(', ')}))`;
}

function extreme(p: Printing, { name, args }: Aggregate): string {
  const value = args[0]!;
  switch (value.type.kind) {
    case 'decimal':
      return `my_dec_${name}(${p.expr(value)})`;
    case 'json':
      return `my_json_${name}(${p.expr(value)})`;
    case 'time':
      throw unsupported(`${name.toUpperCase()}() of a time of day`, {
        at: value.at,
        why: 'its texts do not sort like the times; use TIME_TO_SEC()',
        text: p.text,
      });
    case 'text':
      if (value.type.collation === 'utf8mb4_bin' && !isTrimmed(value))
        return `my_text_${name}(${p.expr(value)})`;
      return `${name}(${orderKey(p, value)})`;
    default:
      return `${name}(${orderKey(p, value)})`;
  }
}

function groupConcat(p: Printing, { args, distinct, orderBy, separator }: Aggregate): string {
  const texts = args.map((arg) => asText(p, arg));
  const text = texts.length === 1 ? texts[0]! : `my_concat(${texts.join(', ')})`;
  const sorted = order(p, orderBy);
  const split = quoted(separator ?? ',');
  if (!distinct) return `group_concat(${text}, ${split}${sorted})`;
  return `my_join(json_group_array(distinct ${text}${sorted}), ${split})`;
}

/** A call with OVER. It uses SQLite's own aggregates, because registered ones cannot have OVER. */
export function windowed(p: Printing, call: WindowCall, over: string): string {
  const { name, args, type } = call;
  const first = args[0];
  switch (name) {
    case 'count':
      return `count(${first === undefined || first.kind === 'star' ? '*' : p.expr(first)})${over}`;
    case 'sum':
      return sumOver(p, call, over);
    case 'avg': {
      const counted = `count(${p.expr(first!)})${over}`;
      if (type.kind === 'double') return `avg(${asDouble(p, first!)})${over}`;
      return `my_dec_div(${sumOver(p, call, over)}, ${counted}, ${averageScale(call)})`;
    }
    case 'min':
    case 'max':
      if (first!.type.kind === 'decimal') {
        return `my_dec_unkey(${name}(my_dec_key(${p.expr(first!)}))${over}, ${first!.type.scale})`;
      }
      if (first!.type.kind === 'json' || first!.type.kind === 'time') break;
      return `${name}(${orderKey(p, first!)})${over}`;
    case 'lag':
    case 'lead':
    case 'first_value':
    case 'last_value':
    case 'nth_value':
      return `${name}(${valueArguments(p, call)})${over}`;
    case 'row_number':
    case 'rank':
    case 'dense_rank':
    case 'percent_rank':
    case 'cume_dist':
      return `${name}()${over}`;
    case 'ntile':
      return `ntile(${p.expr(first!)})${over}`;
  }
  throw unsupported(`${name.toUpperCase()}() with OVER`, {
    at: call.at,
    why: 'it computes this only over groups',
    text: p.text,
  });
}

/** The value, a number of rows, and for LAG and LEAD the default outside the partition. */
function valueArguments(p: Printing, { args, type }: WindowCall): string {
  const [value, rows, outside] = args as [Expr, Expr | undefined, Expr | undefined];
  const list = [type.kind === 'text' ? asText(p, value) : p.expr(value)];
  if (rows !== undefined) list.push(p.expr(rows));
  if (outside !== undefined) list.push(type.kind === 'text' ? asText(p, outside) : p.expr(outside));
  return list.join(', ');
}

function sumOver(p: Printing, { args, type }: WindowCall, over: string): string {
  const value = args[0]!;
  if (type.kind === 'double') return `sum(cast(${asDouble(p, value)} as real))${over}`;
  if (value.type.kind !== 'decimal') return `sum(${asInteger(p, value)})${over}`;
  // Multiples of the last digit, as whole numbers, which SQLite adds exactly.
  const { scale } = value.type;
  const units = `my_dec_integer(my_dec_mul(${p.expr(value)}, ${quoted(`1${'0'.repeat(scale)}`)}))`;
  return `my_dec_mul(sum(${units})${over}, ${quoted(scale === 0 ? '1' : `0.${'1'.padStart(scale, '0')}`)})`;
}
