import type { Aggregate, Expr, FrameBound, OrderItem, Window, WindowCall } from '../ast.ts';
import { asJson, asSummand, asText } from './convert.ts';
import { quote, quoteName } from './literals.ts';
import type { Printer } from './printer.ts';

export function aggregate(printer: Printer, node: Aggregate | WindowCall): string {
  const { name, distinct, args, at } = node;
  const all = distinct ? 'distinct ' : '';
  const [first] = args;
  switch (name) {
    case 'count':
      return first?.kind === 'star'
        ? 'count(*)'
        : `count(${all}${args.map((arg) => printer.expr(arg)).join(', ')})`;
    case 'min':
    case 'max':
      if (first!.type.kind === 'json') {
        const column = "max(cast(attributes->>'$.value' as decimal(20, 6)))";
        printer.refuse(at, 'MAX() or MIN() of JSON', `it compares the text; write ${column}`);
      }
      return `${name}(${all}${printer.expr(first!)})`;
    case 'group_concat': {
      const texts = args.map((arg) => asText(printer, arg)).join(', ');
      const separator = node.separator === undefined ? '' : ` separator ${quote(node.separator)}`;
      return `group_concat(${all}${texts}${orderBy(printer, node.orderBy)}${separator})`;
    }
    case 'json_arrayagg':
      return `json_arrayagg(${asJson(printer, first!)})`;
    case 'json_objectagg':
      return `json_objectagg(${asText(printer, first!)}, ${asJson(printer, args[1]!)})`;
    default:
      return `${name}(${all}${asSummand(printer, first!)})`;
  }
}

export function windowCall(printer: Printer, node: WindowCall): string {
  const { name, args, over, at } = node;
  const window =
    over.base !== undefined && isBare(over) ? quoteName(over.base) : `(${windowParts(printer, over)})`;
  if (!WINDOW_FUNCTIONS.has(name)) return `${aggregate(printer, node)} over ${window}`;
  if (args.length > 2) printer.refuse(at, `${name.toUpperCase()}() with a default`, 'use COALESCE');
  return `${name}(${args.map((arg) => printer.expr(arg)).join(', ')}) over ${window}`;
}

const WINDOW_FUNCTIONS = new Set(
  'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value'.split(
    ' ',
  ),
);

function isBare({ partitionBy, orderBy, frame }: Window): boolean {
  return partitionBy.length === 0 && orderBy.length === 0 && frame === undefined;
}

/** The content of a window's brackets. */
export function windowParts(printer: Printer, { base, partitionBy, orderBy: order, frame }: Window): string {
  const parts = base === undefined ? [] : [quoteName(base)];
  if (partitionBy.length > 0)
    parts.push(`partition by ${partitionBy.map((expr) => printer.expr(expr)).join(', ')}`);
  if (order.length > 0) parts.push(orderBy(printer, order).trim());
  if (frame) {
    parts.push(`${frame.unit} between ${bound(printer, frame.start)} and ${bound(printer, frame.end)}`);
  }
  return parts.join(' ');
}

function bound(printer: Printer, bound: FrameBound): string {
  switch (bound.kind) {
    case 'unboundedPreceding':
      return 'unbounded preceding';
    case 'unboundedFollowing':
      return 'unbounded following';
    case 'currentRow':
      return 'current row';
    default:
      if (bound.unit !== undefined) {
        printer.refuse(bound.amount.at, 'a frame of an INTERVAL', 'it has frames of ROWS and of numbers');
      }
      return `${printer.expr(bound.amount)} ${bound.kind}`;
  }
}

/** ` order by …`, or nothing. */
export function orderBy(printer: Printer, items: OrderItem[]): string {
  if (items.length === 0) return '';
  return ` order by ${items.map((item) => orderItem(printer, item)).join(', ')}`;
}

function orderItem(printer: Printer, { expr, descending, item }: OrderItem): string {
  const direction = descending ? ' desc' : '';
  const ordered = item?.expr ?? expr;
  if (ordered.type.kind !== 'json') return `${printer.expr(expr)}${direction}`;
  // JSON sorts by type, then by value.
  return byValue(printer, ordered)
    .map((key) => `${key}${direction}`)
    .join(', ');
}

function byValue(printer: Printer, expr: Expr): string[] {
  const json = printer.expr(expr);
  const types = "'NULL', 'INTEGER', 'DOUBLE', 'STRING', 'OBJECT', 'ARRAY', 'BOOLEAN'";
  const rank = `nullif(field(if(json_type(${json}) = 'DOUBLE', 'INTEGER', json_type(${json})), ${types}), 0)`;
  return [
    rank,
    `if(json_type(${json}) in ('INTEGER', 'DOUBLE'), ${json} + 0e0, null)`,
    `if(json_type(${json}) in ('STRING', 'BOOLEAN'), json_unquote(${json}), null)`,
  ];
}
