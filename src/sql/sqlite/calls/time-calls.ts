import type { Clock, DateArithmetic, Expr, Extract, TimestampDiff } from '../../ast.ts';
import { asClockTime, asDouble, asInteger, asMoment, asText } from '../convert.ts';
import { type Printing, quoted } from '../printing.ts';
import type { PrintCall } from './call.ts';

export const TIME_CALLS: Record<string, PrintCall> = {
  date: (p, { args }) => `my_cast_date(${asMoment(p, args[0]!)})`,
  time: (p, { args, type }) => `my_cast_time(${asClockTime(p, args[0]!)}, ${fspOf(type)})`,
  timestamp: (p, { args: [value, time], type }) =>
    time === undefined
      ? `my_cast_datetime(${asMoment(p, value!)}, ${fspOf(type)})`
      : `my_timestamp(${asMoment(p, value!)}, ${asClockTime(p, time)})`,
  year: part('my_year'),
  quarter: part('my_quarter'),
  month: part('my_month'),
  week: (p, { args: [value, mode] }) =>
    `my_week(${asMoment(p, value!)}, ${mode === undefined ? '0' : asInteger(p, mode)})`,
  weekofyear: (p, { args }) => `my_week(${asMoment(p, args[0]!)}, 3)`,
  weekday: part('my_weekday'),
  yearweek: (p, { args: [value, mode] }) =>
    `my_yearweek(${asMoment(p, value!)}, ${mode === undefined ? '0' : asInteger(p, mode)})`,
  day: part('my_day'),
  dayofweek: part('my_dayofweek'),
  dayofyear: part('my_dayofyear'),
  dayname: part('my_dayname'),
  monthname: part('my_monthname'),
  hour: clockPart('my_hour'),
  minute: clockPart('my_minute'),
  second: clockPart('my_second'),
  microsecond: clockPart('my_microsecond'),
  to_days: part('my_to_days'),
  to_seconds: part('my_to_seconds'),
  from_days: (p, { args }) => `my_from_days(${asInteger(p, args[0]!)})`,
  unix_timestamp: (p, { args, type }) =>
    `my_unix_timestamp(${asMoment(p, args[0]!)}, ${type.kind === 'decimal' ? type.scale : 0})`,
  from_unixtime: (p, { args: [seconds, format] }) => {
    const kind = seconds!.type.kind;
    const value = kind === 'integer' || kind === 'decimal' ? p.expr(seconds!) : asDouble(p, seconds!);
    const moment = `my_from_unixtime(${value})`;
    return format === undefined ? moment : `my_date_format(${moment}, ${asText(p, format)})`;
  },
  datediff: (p, { args }) => `my_datediff(${args.map((arg) => asMoment(p, arg)).join(', ')})`,
  timediff: (p, { args }) => `my_timediff(${args.map((arg) => timeOrMoment(p, arg)).join(', ')})`,
  addtime: (p, { args, type }) => addTime(p, args, `'+:${type.kind}'`),
  subtime: (p, { args, type }) => addTime(p, args, `'-:${type.kind}'`),
  date_format: (p, { args: [value, format] }) =>
    value!.type.kind === 'time'
      ? `my_time_format(${p.expr(value!)}, ${asText(p, format!)})`
      : `my_date_format(${asMoment(p, value!)}, ${asText(p, format!)})`,
  time_format: (p, { args: [value, format] }) =>
    `my_time_format(${asClockTime(p, value!)}, ${asText(p, format!)})`,
  str_to_date: (p, { args: [value, format], type }) =>
    `my_str_to_date(${asText(p, value!)}, ${asText(p, format!)}, '${type.kind}')`,
  convert_tz: (p, { args: [value, from, to] }) =>
    `my_convert_tz(${asMoment(p, value!)}, ${asText(p, from!)}, ${asText(p, to!)})`,
  last_day: part('my_last_day'),
  makedate: (p, { args: [year, day] }) => `my_makedate(${asInteger(p, year!)}, ${asInteger(p, day!)})`,
  maketime: (p, { args: [hours, minutes, seconds] }) =>
    `my_maketime(${asInteger(p, hours!)}, ${asInteger(p, minutes!)}, ${asDouble(p, seconds!)})`,
  sec_to_time: (p, { args }) => `my_sec_to_time(${asDouble(p, args[0]!)})`,
  time_to_sec: (p, { args }) => `my_time_to_sec(${asClockTime(p, args[0]!)})`,
  period_add: (p, { args: [period, months] }) =>
    `my_period_add(${asInteger(p, period!)}, ${asInteger(p, months!)})`,
  period_diff: (p, { args: [a, b] }) => `my_period_diff(${asInteger(p, a!)}, ${asInteger(p, b!)})`,
};

function part(name: string): PrintCall {
  return (p, { args }) => `${name}(${asMoment(p, args[0]!)})`;
}

function clockPart(name: string): PrintCall {
  return (p, { args }) => `${name}(${asClockTime(p, args[0]!)})`;
}

function timeOrMoment(p: Printing, expr: Expr): string {
  return expr.type.kind === 'time'
    ? p.expr(expr)
    : expr.type.kind === 'json'
      ? asClockTime(p, expr)
      : asMoment(p, expr);
}

function addTime(p: Printing, [value, time]: Expr[], specification: string): string {
  return `my_addtime(${timeOrMoment(p, value!)}, ${timeOrMoment(p, time!)}, ${specification})`;
}

function fspOf(type: Expr['type']): number {
  return type.kind === 'time' || type.kind === 'datetime' ? type.fsp : 6;
}

export function dateArithmetic(p: Printing, { op, operand, amount, unit, type }: DateArithmetic): string {
  const specification = `'${op}${unit}:${type.kind}'`;
  if (type.kind === 'time')
    return `my_time_add(${p.expr(operand)}, ${amountOf(p, amount, unit)}, ${specification})`;
  return `my_date_add(${asMoment(p, operand)}, ${amountOf(p, amount, unit)}, ${specification})`;
}

/** Compound units are read from text; among the other units only seconds have fractions. */
function amountOf(p: Printing, amount: Expr, unit: string): string {
  if (unit.includes('_')) return asText(p, amount);
  switch (amount.type.kind) {
    case 'decimal':
      return unit === 'second' ? `my_dec_double(${p.expr(amount)})` : `('#' || ${p.expr(amount)})`;
    case 'text':
      return asText(p, amount);
    case 'json':
      return `my_json_unquote(${p.expr(amount)})`;
    case 'datetime':
    case 'date':
    case 'time':
      return asDouble(p, amount);
    default:
      return p.expr(amount);
  }
}

export function timestampDiff(p: Printing, { unit, from, to }: TimestampDiff): string {
  return `my_timestampdiff('${unit}', ${asMoment(p, from)}, ${asMoment(p, to)})`;
}

export function extract(p: Printing, { unit, operand }: Extract): string {
  const value =
    DATE_UNITS.has(unit) && operand.type.kind === 'json' ? asMoment(p, operand) : asClockTime(p, operand);
  return `my_extract(${quoted(unit)}, ${value})`;
}

const DATE_UNITS: ReadonlySet<string> = new Set(['year', 'quarter', 'month', 'week', 'day', 'year_month']);

export function clockTime({ what, fsp }: Clock): string {
  switch (what) {
    case 'now':
      return `my_now(${fsp})`;
    case 'date':
      return 'my_today()';
    case 'time':
      return `my_time_now(${fsp})`;
    case 'unix':
      return 'my_unix_now()';
  }
}
