import type { Collate, Expr } from '../ast.ts';
import { refusal } from '../refusal.ts';
import type { Collation, SqlType } from '../sql-type.ts';
import { LITERAL, textType } from './collations.ts';
import { decimal } from './decimals.ts';

type Literal = Expr & { kind: 'number' | 'string' | 'bytes' | 'temporal' | 'param' };

/** The type of a literal. Throws for an invalid time. */
export function checkLiteral(expr: Literal, text: string): SqlType {
  switch (expr.kind) {
    case 'number':
      return numberType(expr.text);
    case 'string':
      return textType(LITERAL);
    case 'bytes':
      return textType({ collation: 'binary', coercibility: 4 });
    case 'temporal':
      return temporalType(expr, text);
    case 'param':
      switch (typeof expr.value) {
        case 'string':
          return textType(LITERAL);
        case 'boolean':
          return { kind: 'boolean' };
        case 'number':
        case 'bigint':
          return numberType(String(expr.value).replace('-', ''));
        default:
          return { kind: 'null' };
      }
  }
}

/** Throws unless the collation belongs to utf8mb4. */
export function checkCollation({ collation, at }: Collate, text: string): Collation {
  if (collation === 'binary') return collation;
  if (/^utf8mb4_\w+$/.test(collation)) return collation as Collation;
  throw refusal(`COLLATE ${collation} is not accepted`, {
    text,
    at,
    hint: 'Every text is utf8mb4: name one of its collations.',
  });
}

/** Whether MySQL finds a date, with or without a time, at the beginning of a text. */
export function isTime(text: string): boolean {
  const found = DIGITS.exec(text) ?? DELIMITED.exec(text);
  if (!found) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  return isDay(`${year}-${month}-${day}`) && hour < 24 && minute < 60 && second < 60;
}

/** `20260131`, `260131090000` */
const DIGITS =
  /^\s*(\d{4}(?=\d{4}(?:\D|$)|\d{10}(?:\D|$))|\d{2}(?=\d{4}(?:\D|$)|\d{10}(?:\D|$)))(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?/;
/** MySQL accepts any punctuation between the parts. */
const DELIMITED =
  /^\s*(\d{1,4})[^\d\s\p{L}]+(\d{1,2})[^\d\s\p{L}]+(\d{1,2})(?:(?:[T\s]|[^\d\s\p{L}])+(\d{1,2})(?:[^\d\s\p{L}]+(\d{1,2})(?:[^\d\s\p{L}]+(\d{1,2}))?)?)?/u;

const BIGGEST = 18_446_744_073_709_551_615n;
const BIGGEST_SIGNED = 9_223_372_036_854_775_807n;

function numberType(text: string): SqlType {
  if (/e/i.test(text)) return { kind: 'double' };
  const [whole = '', fraction] = text.split('.');
  if (fraction !== undefined) {
    const digits = whole.replace(/^0+/, '').length + fraction.length;
    return decimal(Math.max(digits, 1), fraction.length);
  }
  const value = BigInt(whole);
  if (value <= BIGGEST_SIGNED) return { kind: 'integer' };
  return value <= BIGGEST ? { kind: 'integer', unsigned: true } : decimal(whole.length, 0);
}

function temporalType({ unit, value, at }: Literal & { kind: 'temporal' }, text: string): SqlType {
  const [date, time] = DATES;
  const ok = unit === 'date' ? date!.test(value) : unit === 'time' ? time!.test(value) : DATETIME.test(value);
  if (!ok || (unit !== 'time' && !isDay(value))) {
    throw refusal(`'${value}' is not a ${unit === 'timestamp' ? 'time' : unit}`, {
      ...{ text, at },
      hint: "Write DATE '2026-01-31' or TIMESTAMP '2026-01-31 09:00:00'.",
    });
  }
  const fsp = Math.min(/\.(\d+)$/.exec(value)?.[1]?.length ?? 0, 6);
  if (unit === 'date') return { kind: 'date' };
  return { kind: unit === 'time' ? 'time' : 'datetime', fsp };
}

const DATES = [/^\d{4}-\d{1,2}-\d{1,2}$/, /^-?\d{1,3}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$/];
const DATETIME = /^\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$/;

function isDay(value: string): boolean {
  const [year = 0, month = 0, day = 0] = value.split(/[- T]/).map(Number);
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
