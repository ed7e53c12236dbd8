import type { Call, Case, Expr } from '../../ast.ts';
import type { SqlType } from '../../sql-type.ts';
import { comparison } from '../compare.ts';
import { mixedCollation } from '../compare-text.ts';
import { as, asChoice, asDatetimeKey, asDecimal, asDouble, asText, shownDatetime } from '../convert.ts';
import { type Printing, unsupported } from '../printing.ts';
import type { PrintCall } from './call.ts';

/*
 * Functions that choose one of their arguments. Each argument becomes a value of the result's type.
 */

export const CHOICE_CALLS: Record<string, PrintCall> = {
  if: (p, call) => printChoice(p, call, (branch) => as(p, branch, call.type)),
  ifnull: coalesce,
  coalesce,
  nullif: (p, call) => printChoice(p, call, (branch) => p.expr(branch)),
  isnull: (p, { args }) => `(${p.expr(args[0]!)}) is null`,
  any_value: (p, { args }) => p.expr(args[0]!),
  greatest: (p, call) => extreme(p, call, { native: 'max', decimal: 'my_dec_greatest', sign: '>=' }),
  least: (p, call) => extreme(p, call, { native: 'min', decimal: 'my_dec_least', sign: '<=' }),
  grouping: (p, { at }) => {
    throw unsupported('GROUPING()', { at, why: 'it has no ROLLUP', text: p.text });
  },
};

function coalesce(p: Printing, { args, type }: Call): string {
  const values = args.filter((arg) => arg.type.kind !== 'null').map((arg) => sameScale(p, arg, type));
  if (values.length === 0) return 'null';
  return values.length === 1 ? values[0]! : `coalesce(${values.join(', ')})`;
}

/** COALESCE returns a DECIMAL with as many digits as its longest argument. */
function sameScale(p: Printing, arg: Expr, type: SqlType): string {
  const value = as(p, arg, type);
  if (type.kind !== 'decimal' || (arg.type.kind === 'decimal' && arg.type.scale === type.scale)) return value;
  return `my_dec_fit(${value}, 65, ${type.scale})`;
}

/** CASE compares JSON with a number as numbers, and JSON with everything else as texts. */
function caseEquals(p: Printing, operand: Expr, when: Expr): string {
  const pair = [operand, when];
  if (pair.some(isNumber) && pair.some(({ type }) => type.kind === 'json')) {
    return `(${asDouble(p, operand)}) = (${asDouble(p, when)})`;
  }
  // If the operand is a text, dates are compared as texts.
  if (operand.type.kind === 'text' && isDated(when)) return comparison(p, '=', [operand, asTextNode(when)]);
  return comparison(p, '=', [asCompared(operand), asCompared(when)], { wall: true });
}

function isNumber({ type: { kind } }: Expr): boolean {
  return kind === 'integer' || kind === 'boolean' || kind === 'decimal' || kind === 'double';
}

function asCompared(expr: Expr): Expr {
  return expr.type.kind === 'json' ? asTextNode(expr) : expr;
}

function asTextNode(expr: Expr): Expr {
  return {
    kind: 'cast',
    at: expr.at,
    operand: expr,
    to: { kind: 'char', length: undefined },
    type: JSON_TEXT,
  };
}

const JSON_TEXT: SqlType = { kind: 'text', collation: 'utf8mb4_bin', coercibility: 2 };

function extreme(
  p: Printing,
  { args, type, at }: Call,
  names: { native: string; decimal: string; sign: string },
): string {
  if (args.some(isDated) && args.some(isNumber)) {
    throw unsupported('GREATEST() or LEAST() of dates and numbers', {
      at,
      why: 'MySQL converts the numbers to dates; write CAST(… AS DATE)',
      text: p.text,
    });
  }
  switch (type.kind) {
    case 'decimal':
      return `${names.decimal}(${args.map((arg) => asDecimal(p, arg)).join(', ')})`;
    case 'double':
      return `${names.native}(${args.map((arg) => asDouble(p, arg)).join(', ')})`;
    case 'text': {
      if (args.some(isDated)) return extremeDate(p, args, names.native);
      const collation = mixedCollation(p, args);
      // Compares two at a time: SQLite's own function uses SQLite's collations.
      return args.slice(1).reduce(
        (best, arg) => {
          const other = asText(p, arg);
          return `case when my_text_cmp(${best}, ${other}, '${collation}') ${names.sign} 0 then ${best} when ${other} is not null and (${best}) is not null then ${other} end`;
        },
        asText(p, args[0]!),
      );
    }
    case 'time': {
      const [least, most] = ['my_time_least', 'my_time_greatest'];
      return `${names.native === 'max' ? most : least}(${args.map((arg) => as(p, arg, type)).join(', ')})`;
    }
    case 'json':
      throw unsupported('GREATEST() or LEAST() of these types', {
        at,
        why: 'their texts do not sort like their values',
        text: p.text,
      });
    default:
      return `${names.native}(${args.map((arg) => as(p, arg, type)).join(', ')})`;
  }
}

function isDated({ type }: Expr): boolean {
  return type.kind === 'date' || type.kind === 'datetime';
}

/**
 * If one argument is a date, texts are compared as dates, and the result is written like the dates.
 */
function extremeDate(p: Printing, args: Expr[], native: string): string {
  const best = `${native}(${args.map((arg) => asDatetimeKey(p, arg)).join(', ')})`;
  const fsps = args.flatMap(({ type }) => (type.kind === 'datetime' ? [type.fsp] : []));
  return fsps.length === 0 ? `substr(${best}, 1, 10)` : shownDatetime(best, Math.max(...fsps));
}

export function caseOf(p: Printing, expr: Case): string {
  return printChoice(p, expr, (branch) => as(p, branch, expr.type));
}

/** CASE, IF() and NULLIF(), with each possible result written by `convert`. */
export function printChoice(p: Printing, expr: Case | Call, convert: (branch: Expr) => string): string {
  if (expr.kind === 'call') {
    const [first, second, third] = expr.args as [Expr, Expr, Expr];
    if (expr.name === 'if') return `iif(${asChoice(p, first)}, ${convert(second)}, ${convert(third)})`;
    return `case when ${comparison(p, '=', [first, second], { wall: true })} then null else ${convert(first)} end`;
  }
  const { operand, branches, otherwise } = expr;
  const tests = branches.map(({ when, result }) => {
    const test = operand ? caseEquals(p, operand, when) : asChoice(p, when);
    return `when ${test} then ${convert(result)}`;
  });
  return `case ${tests.join(' ')}${otherwise === undefined ? '' : ` else ${convert(otherwise)}`} end`;
}
