import type { Call, DateArithmetic, Expr, Extract, TimestampDiff, Unit } from '../ast.ts';
import { entriesOf, printCall } from './call-table.ts';
import { asInteger, asNumber, asText, asTime } from './convert.ts';
import { constantOf, textOf } from './literals.ts';
import type { PrintCall, Printer } from './printer.ts';

/*
 * A function or a CAST from text to a time gives NULL for an invalid text. In comparisons MariaDB
 * treats this NULL as 0000-00-00. Adding an empty INTERVAL keeps NULL in comparisons, and gives
 * NULL for impossible dates such as 2026-02-30.
 */

export const TIME_FUNCTIONS: [string, PrintCall][] = [
  ...entriesOf(
    'year quarter month day dayofweek dayofyear weekday weekofyear to_days to_seconds',
    (printer, node) => printCall(node, [asTime(printer, node.args[0]!)]),
  ),
  // MariaDB's names have a collation that treats different letters as equal.
  ...entriesOf(
    'dayname monthname',
    (printer, node) => `(${printCall(node, [asTime(printer, node.args[0]!)])} collate utf8mb4_bin)`,
  ),
  ...entriesOf('week yearweek', (printer, node) => {
    const [time, mode] = node.args;
    return printCall(node, [asTime(printer, time!), ...(mode ? [wholeOf(printer, mode)] : [])]);
  }),
  ...entriesOf('date last_day', (printer, node) => {
    const [time] = node.args;
    const printed = printCall(node, [asTime(printer, time!)]);
    return ofTimeType(time!) ? printed : `(${printed} + interval 0 day)`;
  }),
  [
    'timestamp',
    (printer, node) => {
      const [time, added] = node.args;
      if (added) return printCall(node, [asTime(printer, time!), ofTime(printer, added, node)]);
      const printed = printCall(node, [asTime(printer, time!)]);
      return ofTimeType(time!) ? printed : `(${printed} + interval 0 second)`;
    },
  ],
  ...entriesOf('hour minute second microsecond time time_format', (printer, node) => {
    const [time, format] = node.args;
    return printCall(node, [ofTime(printer, time!, node), ...(format ? [asText(printer, format)] : [])]);
  }),
  // MariaDB keeps the digits of the second.
  ['time_to_sec', (printer, node) => `truncate(time_to_sec(${ofTime(printer, node.args[0]!, node)}), 0)`],
  ...entriesOf('timediff addtime subtime', (printer, node) =>
    printCall(
      node,
      node.args.map((arg) => (textOf(arg) === undefined ? ofTime(printer, arg, node) : printer.expr(arg))),
    ),
  ),
  [
    'datediff',
    (printer, node) =>
      printCall(
        node,
        node.args.map((arg) => asTime(printer, arg)),
      ),
  ],
  [
    'date_format',
    (printer, node) => printCall(node, [asTime(printer, node.args[0]!), asText(printer, node.args[1]!)]),
  ],
  ['str_to_date', strToDate],
  [
    'convert_tz',
    (printer, node) =>
      printCall(node, [
        asTime(printer, node.args[0]!),
        ...node.args.slice(1).map((arg) => asText(printer, arg)),
      ]),
  ],
  ['unix_timestamp', unixTimestamp],
  ['from_unixtime', fromUnixtime],
  ...entriesOf('sec_to_time from_days', (printer, node) =>
    printCall(node, [ofTime(printer, node.args[0]!, node)]),
  ),
  ...entriesOf('makedate maketime period_add period_diff', (printer, node) =>
    printCall(
      node,
      node.args.map((arg) => wholeOf(printer, arg)),
    ),
  ),
];

export function dateArithmetic(
  printer: Printer,
  { operand, amount, unit, op, type }: DateArithmetic,
): string {
  if (operand.type.kind === 'time' && !['hour', 'minute', 'second', 'microsecond'].includes(unit)) {
    printer.refuse(
      operand.at,
      `a TIME with an INTERVAL of ${unit.toUpperCase()}`,
      'it has no date to add it to',
    );
  }
  const fractional = unit === 'second' || unit.includes('_');
  const printed =
    amount.type.kind === 'json'
      ? fractional
        ? asText(printer, amount)
        : asInteger(printer, amount)
      : withinRange(printer, amount, unit);
  const sum = `(${asTime(printer, operand)} ${op} interval ${printed} ${unit})`;
  // Adding to a text gives a text; MariaDB writes six digits of the second.
  return type.kind === 'text' ? `replace(${sum}, '.000000', '')` : sum;
}

/** MariaDB's amounts overflow; larger amounts leave the range of dates anyway. */
const RANGES: Partial<Record<Unit, number>> = {
  ...{ year: 1e4, quarter: 4e4, month: 1.2e5, week: 6e5, day: 4e6 },
  ...{ hour: 1e8, minute: 6e9, second: 4e11, microsecond: 4e17 },
};

function withinRange(printer: Printer, amount: Expr, unit: Unit): string {
  const printed = printer.expr(amount);
  const most = RANGES[unit];
  if (most === undefined || amount.type.kind !== 'integer' || constantOf(amount)) return printed;
  return `greatest(least(${printed}, ${most}), ${-most})`;
}

export function extractUnit(printer: Printer, { unit, operand }: Extract): string {
  if (!isText(operand)) return `extract(${unit} from ${asTime(printer, operand)})`;
  const name = DATE_UNITS[unit];
  if (name !== undefined) return `${name}(${asTime(printer, operand)})`;
  return printer.refuse(operand.at, `EXTRACT(${unit.toUpperCase()}) of a text`, CAST_HINT);
}

export function timestampDiff(printer: Printer, { unit, from, to }: TimestampDiff): string {
  return `timestampdiff(${unit}, ${asTime(printer, from)}, ${asTime(printer, to)})`;
}

const DATE_UNITS: Record<string, string> = {
  day: 'day',
  week: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
};

const CAST_HINT = 'it reads texts as times otherwise; write CAST(… AS DATETIME)';

/** Other types become a time, or NULL. */
export function ofTimeType({ type }: Expr): boolean {
  return type.kind === 'datetime' || type.kind === 'date' || type.kind === 'time';
}

function isText({ type }: Expr): boolean {
  return type.kind === 'text';
}

/** A time of day. MySQL misreads texts here: it takes 2026-01-31T12:00:00Z for 00:20:26. */
function ofTime(printer: Printer, expr: Expr, { name, at }: Call): string {
  if (isText(expr) || expr.type.kind === 'json') {
    printer.refuse(at, `${name.toUpperCase()}() of a text`, CAST_HINT);
  }
  return printer.expr(expr);
}

function wholeOf(printer: Printer, expr: Expr): string {
  return expr.type.kind === 'json' ? asInteger(printer, expr) : printer.expr(expr);
}

function strToDate(printer: Printer, node: Call): string {
  const [text, format] = node.args;
  if (textOf(format) === undefined) {
    printer.refuse(
      node.at,
      'STR_TO_DATE() with a computed format',
      'only with a literal it has the same type',
    );
  }
  const printed = printCall(node, [asText(printer, text!), printer.expr(format!)]);
  if (node.type.kind === 'time') return printed;
  return `(${printed} + interval 0 ${node.type.kind === 'date' ? 'day' : 'second'})`;
}

/**
 * For an invalid text MySQL gives 0, MariaDB NULL. MariaDB's seconds end in 2038, MySQL's in 3001.
 */
function unixTimestamp(printer: Printer, { args: [time], type }: Call): string {
  const moment = asTime(printer, time!);
  const printed =
    ['column', 'clock'].includes(time!.kind) || time!.type.kind === 'text'
      ? `unix_timestamp(${moment})`
      : `(case when ${moment} is null then null when ${moment} < '1970-01-01 00:00:01' or ${moment} > '3001-01-18 23:59:59.999999' then 0 else ${secondsOf(moment, type.kind === 'decimal' ? type.scale : 0)} end)`;
  return isText(time!) ? `coalesce(${printed}, if(${printer.expr(time!)} is null, null, 0))` : printed;
}

function secondsOf(moment: string, scale: number): string {
  if (scale === 0) return `timestampdiff(second, '1970-01-01', ${moment})`;
  return `cast(timestampdiff(microsecond, '1970-01-01', ${moment}) * 0.000001 as decimal(18, ${scale}))`;
}

function fromUnixtime(printer: Printer, { args: [seconds, format] }: Call): string {
  const given =
    isText(seconds!) || ofTimeType(seconds!)
      ? `(${asNumber(printer, seconds!)} + 0)`
      : asNumber(printer, seconds!);
  const made = `if(${given} between 0 and 32536771199, timestamp '1970-01-01 00:00:00' + interval ${given} second, null)`;
  return format ? `date_format(${made}, ${asText(printer, format)})` : made;
}
