import type { Rows, RowsText, Scalar, Value } from '../driver/driver.ts';

/*
 * Statements are sent as text with their parameters inlined, not as prepared statements. Those
 * would have to be prepared on each connection of a pool, and lists would need a separate text for
 * each length. Requires a session with utf8mb4 and a sql_mode without NO_BACKSLASH_ESCAPES.
 */

/** How many parsed texts are cached. */
const CACHE = 2000;
const pieces = new Map<string, string[]>();

export function format(text: string, params: readonly Value[]): string {
  let parts = pieces.get(text);
  if (!parts) {
    parts = split(text);
    if (pieces.size >= CACHE) pieces.clear();
    pieces.set(text, parts);
  }
  if (parts.length !== params.length + 1) {
    throw new Error(`a statement has ${parts.length - 1} placeholders but ${params.length} parameters`);
  }
  let result = parts[0]!;
  for (let i = 0; i < params.length; i++) result += literal(params[i]!) + parts[i + 1]!;
  return result;
}

/** The number of rows that one statement writes. Larger statements bring no measurable gain. */
const MAX_ROWS = 256;

/** A quarter of MariaDB's default packet size, because a character may take four bytes. */
const MAX_LENGTH = 4_000_000;

/**
 * The statements that together write the rows. A statement exceeds MAX_LENGTH characters only if it
 * writes a single row.
 */
export function* formatRows({ head, row, tail }: RowsText, rows: Rows): Generator<string> {
  const parts = split(row);
  let values = '';
  let count = 0;
  for (const given of rows) {
    if (given.length !== parts.length - 1) {
      throw new Error(`a row has ${parts.length - 1} placeholders but ${given.length} values`);
    }
    let next = parts[0]!;
    for (let i = 0; i < given.length; i++) next += scalar(given[i]!) + parts[i + 1]!;
    if (count === MAX_ROWS || (count > 0 && values.length + next.length > MAX_LENGTH)) {
      yield head + values + tail;
      values = '';
      count = 0;
    }
    values += count === 0 ? next : `, ${next}`;
    count++;
  }
  if (count > 0) yield head + values + tail;
}

/** An empty list: `x in (EMPTY)` is false, not unknown. */
const EMPTY = 'select null from dual where false';

function literal(value: Value): string {
  if (!Array.isArray(value)) return scalar(value as Scalar);
  if (value.length === 0) return EMPTY;
  let result = '';
  for (const item of value as readonly (Scalar | readonly Scalar[])[]) {
    if (result !== '') result += ',';
    result += Array.isArray(item) ? `(${item.map(scalar).join(',')})` : scalar(item as Scalar);
  }
  return result;
}

function scalar(value: Scalar): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoteValue(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error('a number that is not finite cannot be stored');
    return String(value);
  }
  return `x'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`;
}

const ESCAPES: Record<string, string> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\\': '\\\\',
  "'": "\\'",
};
const NEEDS_ESCAPE = /[\0\n\r\\']/;
const ESCAPED = /[\0\n\r\\']/g;

/**
 * The text between placeholders. A `?` in a string, a quoted name or a comment is not a
 * placeholder; segments may contain comments.
 */
function split(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '?') {
      parts.push(text.slice(from, at));
      from = at + 1;
      at++;
    } else if (char === "'" || char === '"' || char === '`') at = endOfQuote(text, at);
    else at = endOfComment(text, at) ?? at + 1;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Undefined when no comment begins here. */
function endOfComment(text: string, start: number): number | undefined {
  const begin = COMMENT.exec(text.slice(start, start + 3))?.[0];
  if (begin === undefined) return undefined;
  const closing = begin === '/*' ? '*/' : '\n';
  const end = text.indexOf(closing, start + begin.length);
  return end < 0 ? text.length : end + closing.length;
}

/** Two dashes begin a comment only before a blank: `1--1` is 2. */
const COMMENT = /^(?:\/\*|#|--(?=\s|$))/;

function endOfQuote(text: string, start: number): number {
  const opening = text[start]!;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\' && opening !== '`') at++;
    else if (text[at] === opening) {
      if (text[at + 1] !== opening) return at + 1;
      at++;
    }
  }
  return text.length;
}

// --- internal ---

function quoteValue(text: string): string {
  return NEEDS_ESCAPE.test(text)
    ? `'${text.replace(ESCAPED, (character) => ESCAPES[character]!)}'`
    : `'${text}'`;
}
