import { SegflowError } from '../../core/errors.ts';

/** MySQL's tokens. Text that is none of them, or never ends, is refused with `invalid_config`. */
export interface Token {
  /** `word`: an identifier or keyword without quotes; `name`: one in backticks. */
  kind: 'word' | 'name' | 'string' | 'number' | 'param' | 'symbol';
  /** A word in lower case; a name or string without quotes and escapes; all else as written. */
  value: string;
  /** A word as written. For a param: its ordinal, from 0. */
  raw?: string;
  index?: number;
}

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let params = 0;
  let at = 0;
  while (at < sql.length) {
    const char = sql[at]!;
    const skipped = skipBlank(sql, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (char === "'" || char === '"') {
      const [value, end] = readString(sql, at);
      const last = tokens.at(-1);
      // Strings side by side are one string; a character set before a string changes nothing here.
      if (last?.kind === 'string') last.value += value;
      else {
        if (last?.kind === 'word' && CHARSETS.has(last.value)) tokens.pop();
        tokens.push({ kind: 'string', value });
      }
      at = end;
    } else if (char === '`') {
      const [value, end] = readName(sql, at);
      tokens.push({ kind: 'name', value });
      at = end;
    } else if (char === '?') {
      tokens.push({ kind: 'param', value: '?', index: params++ });
      at++;
    } else {
      const word = match(WORD, sql, at);
      const number = match(NUMBER, sql, at);
      if (number !== undefined && !(char === '.' && /[\w$`]/.test(sql[at - 1] ?? ''))) {
        tokens.push({ kind: 'number', value: number });
        at += number.length;
      } else if (word !== undefined) {
        tokens.push({ kind: 'word', value: word.toLowerCase(), raw: word });
        at += word.length;
      } else {
        const symbol = SYMBOLS.find((candidate) => sql.startsWith(candidate, at));
        if (symbol === undefined) throw refuse(`unexpected "${char}"`);
        tokens.push({ kind: 'symbol', value: symbol });
        at += symbol.length;
      }
    }
  }
  return tokens;
}

export function refuse(message: string, hint?: string): SegflowError {
  return new SegflowError('invalid_config', message, hint ? { hint } : {});
}

const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const NUMBER = /0x[\da-f]+\b|(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy;
const CHARSETS = new Set(['_utf8mb4', '_utf8mb3', '_utf8', '_latin1', '_ascii', '_binary', 'n']);
/** The longer ones first. */
const SYMBOLS = [
  ...['->>', '<=>', '->', '<=', '>=', '<>', '!=', ':=', '&&', '||', '<<', '>>', '@@'],
  ...['+', '-', '*', '/', '%', '=', '<', '>', '!', '~', '^', '&', '|', '.', ',', ';', '(', ')', '@'],
];
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', Z: '\x1a', 0: '\0' };

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function skipBlank(sql: string, at: number): number {
  if (/\s/.test(sql[at]!)) return at + 1;
  if (sql.startsWith('/*!', at)) throw refuse('comments that MySQL executes (/*! … */) are not accepted');
  if (sql.startsWith('/*', at)) {
    const end = sql.indexOf('*/', at + 2);
    if (end < 0) throw refuse('a comment (/*) never ends');
    return end + 2;
  }
  if (sql[at] === '#' || /^--(\s|$)/.test(sql.slice(at, at + 3))) {
    const end = sql.indexOf('\n', at);
    return end < 0 ? sql.length : end;
  }
  return at;
}

function readName(sql: string, at: number): [value: string, end: number] {
  let value = '';
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] !== '`') value += sql[i];
    else if (sql[i + 1] === '`') {
      value += '`';
      i++;
    } else return [value, i + 1];
  }
  throw refuse('a name in backticks never ends');
}

function readString(sql: string, at: number): [value: string, end: number] {
  const quote = sql[at]!;
  let value = '';
  for (let i = at + 1; i < sql.length; i++) {
    const char = sql[i]!;
    if (char === '\\') {
      const next = sql[++i] ?? '';
      // `\%` and `\_` keep their backslash: LIKE needs it.
      value += next === '%' || next === '_' ? `\\${next}` : (ESCAPES[next] ?? next);
    } else if (char !== quote) value += char;
    else if (sql[i + 1] === quote) {
      value += quote;
      i++;
    } else return [value, i + 1];
  }
  throw refuse(`a string (${quote}) never ends`);
}
