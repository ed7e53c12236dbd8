import { refusal } from '../refusal.ts';

/** MySQL's tokens. Throws `invalid_config` for invalid or unterminated tokens. */
export interface Token {
  /**
   * `word`: an identifier or keyword without quotes; `name`: an identifier in backticks; `end`:
   * after the last token.
   */
  kind: 'word' | 'name' | 'string' | 'number' | 'bytes' | 'param' | 'symbol' | 'end';
  at: number;
  /**
   * A word in lower case; a name or string without quotes and escapes; bytes in hexadecimal; other
   * tokens as written.
   */
  value: string;
  /** As written. */
  raw: string;
}

/** The last token is of kind `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    at = skipBlanks(text, at);
    if (at >= text.length) break;
    const token = readToken(text, at);
    const last = tokens.at(-1);
    at += token.raw.length;
    // Adjacent strings are one string.
    if (token.kind === 'string' && last?.kind === 'string') last.value += token.value;
    else tokens.push(token);
  }
  tokens.push({ kind: 'end', at: text.length, value: '', raw: '' });
  return tokens;
}

// --- internal ---

const WORD = /[\p{L}\p{N}_$]+/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?/iy;
const BYTES = /0x([\da-f]+)|x'([\da-f]*)'|0b([01]+)|b'([01]*)'/iy;
const INTRODUCER = /(?:_(?:utf8mb4|utf8mb3|utf8|latin1|ascii|binary|ucs2|utf16|utf32)|n)\s*['"]/iy;
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', Z: '\x1a', 0: '\0' };
/** Longer symbols first. */
const SYMBOLS = [
  ...['->>', '<=>', '->', '<=', '>=', '<>', '!=', ':=', '&&', '||', '<<', '>>', '@@'],
  ...['+', '-', '*', '/', '%', '=', '<', '>', '!', '~', '^', '&', '|', '.', ',', ';', '(', ')', '@'],
];

function readToken(text: string, at: number): Token {
  const char = text[at]!;
  if (char === "'" || char === '"') return readString(text, at);
  if (char === '`') return readName(text, at);
  if (char === '?') return { kind: 'param', at, value: '?', raw: '?' };
  if (match(INTRODUCER, text, at)) {
    throw refusal('a character set before a text is not accepted', {
      ...{ text, at },
      hint: 'Leave it out: every text is utf8mb4.',
    });
  }
  const bytes = match(BYTES, text, at);
  if (bytes) return bytesOf(bytes, text, at);
  // In `t.1` the `.1` would be a column, so `.5` after a name is not a number.
  const number = char === '.' && isWordPart(text[at - 1]) ? undefined : match(NUMBER, text, at)?.[0];
  if (number !== undefined && !isWordPart(text[at + number.length])) {
    return { kind: 'number', at, value: number, raw: number };
  }
  const word = match(WORD, text, at)?.[0];
  if (word !== undefined) {
    if (/^\d/.test(word)) {
      throw refusal(`"${word}" is neither a number nor a name`, {
        ...{ text, at },
        hint: 'Put a name that begins with a digit in backticks.',
      });
    }
    return { kind: 'word', at, value: word.toLowerCase(), raw: word };
  }
  const symbol = SYMBOLS.find((candidate) => text.startsWith(candidate, at));
  if (symbol === undefined) throw refusal(`unexpected character "${char}"`, { text, at });
  return { kind: 'symbol', at, value: symbol, raw: symbol };
}

function isWordPart(char: string | undefined): boolean {
  return char !== undefined && /[\p{L}\p{N}_$`]/u.test(char);
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function bytesOf([raw, hex1, hex2, bits1, bits2]: RegExpExecArray, text: string, at: number): Token {
  if (isWordPart(text[at + raw.length]))
    throw refusal(`"${raw}" is followed by characters that do not belong to it`, { text, at });
  const bits = bits1 ?? bits2;
  const hex = bits === undefined ? (hex1 ?? hex2 ?? '') : bits === '' ? '' : BigInt(`0b${bits}`).toString(16);
  if (hex2 !== undefined && hex2.length % 2 === 1) {
    throw refusal("x'…' takes an even number of digits", { text, at });
  }
  return { kind: 'bytes', at, value: hex.length % 2 === 1 ? `0${hex}` : hex, raw };
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) at++;
    else if (text.startsWith('/*', at)) at = endOfComment(text, at);
    else if (text[at] === '#' || /^--(?:\s|$)/.test(text.slice(at, at + 3))) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end + 1;
    } else break;
  }
  return at;
}

function endOfComment(text: string, at: number): number {
  if (text.startsWith('/*!', at)) {
    throw refusal('a comment that MySQL executes (/*! … */) is not accepted', { text, at });
  }
  const end = text.indexOf('*/', at + 2);
  if (end < 0) throw refusal('a comment (/*) never ends', { text, at });
  return end + 2;
}

function readName(text: string, at: number): Token {
  let value = '';
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] !== '`') value += text[i];
    else if (text[i + 1] === '`') {
      value += '`';
      i++;
    } else return { kind: 'name', at, value, raw: text.slice(at, i + 1) };
  }
  throw refusal('a name in backticks never ends', { text, at });
}

function readString(text: string, at: number): Token {
  const quote = text[at]!;
  let value = '';
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\') {
      const next = text[++i] ?? '';
      // `\%` and `\_` keep their backslash: LIKE needs it.
      value += next === '%' || next === '_' ? `\\${next}` : (ESCAPES[next] ?? next);
    } else if (char !== quote) value += char;
    else if (text[i + 1] === quote) {
      value += quote;
      i++;
    } else return { kind: 'string', at, value, raw: text.slice(at, i + 1) };
  }
  throw refusal(`a text (${quote}) never ends`, { text, at });
}
