import { SegflowError } from './errors.ts';

/** Deepest nesting of lists and objects in a body. MySQL's own limit for a JSON document is 100. */
export const MAX_DEPTH = 64;
/** Longest key, in characters. MySQL's own limit is 65,535 bytes. */
export const MAX_KEY = 1024;

/**
 * Throws `invalid_input` for the first problem in a JSON text, with line, column and path. Returns
 * if there is none. `what` names the text.
 */
export function diagnose(text: string, what: string): void {
  const reader = new Reader(text, what);
  reader.value([]);
  reader.end();
}

export function problem(
  text: string,
  at: number,
  message: string,
  hint = 'Send one JSON value as RFC 8259 defines it.',
  extra: { path?: string; expected?: string; got?: string } = {},
): SegflowError {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  const place = text === '' ? '' : ` (line ${line}, column ${column})`;
  return new SegflowError('invalid_input', `${message}${place}`, {
    hint,
    details: [{ path: extra.path ?? '', message, ...extra, ...(text === '' ? {} : { line, column }) }],
  });
}

/** Formats a place in a body for messages and details: `operations[3].attributes.name`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(String(part)))
      text += text ? `.${String(part)}` : String(part);
    else text += `[${JSON.stringify(clip(String(part)))}]`;
  }
  return text;
}

export function clip(text: string, length = 60): string {
  return text.length > length ? `${text.slice(0, length)}…`.toWellFormed() : text.toWellFormed();
}

type Path = (string | number)[];

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a JSON string must not hold these.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

class Reader {
  readonly #text: string;
  readonly #what: string;
  #at = 0;

  constructor(text: string, what: string) {
    this.#text = text;
    this.#what = what;
  }

  value(path: Path): void {
    this.#take(SPACE);
    const next = this.#text[this.#at];
    if (next === '{') this.#object(path);
    else if (next === '[') this.#array(path);
    else if (next === '"') this.#string(path);
    else if (next !== undefined && /[-\d]/.test(next)) this.#number(path);
    else if (!this.#take(WORD)) this.#unexpected('a value', path);
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) this.#unexpected(`the end of ${this.#what}`, []);
  }

  #object(path: Path): void {
    this.#enter(path);
    const keys = new Set<string>();
    this.#items(path, '}', () => {
      const start = this.#at;
      if (this.#text[start] !== '"') this.#unexpected('a key in double quotes', path);
      const key = this.#string(path);
      const place = [...path, key];
      if (keys.has(key))
        this.#refuse(start, place, 'the key comes twice', 'each key once', JSON.stringify(clip(key)));
      if (key === '__proto__')
        this.#refuse(start, place, 'the key "__proto__" is not allowed', 'another name');
      if (key.length > MAX_KEY) {
        this.#refuse(
          start,
          place,
          'the key is too long',
          `at most ${MAX_KEY} characters`,
          `${key.length} characters`,
        );
      }
      keys.add(key);
      this.#take(SPACE);
      if (this.#text[this.#at] !== ':') this.#unexpected('":"', path);
      this.#at++;
      this.value(place);
    });
  }

  #array(path: Path): void {
    this.#enter(path);
    let index = 0;
    this.#items(path, ']', () => this.value([...path, index++]));
  }

  #enter(path: Path): void {
    if (path.length >= MAX_DEPTH) {
      this.#refuse(this.#at, [], `${this.#what} is nested too deep`, `at most ${MAX_DEPTH} levels`);
    }
    this.#at++;
  }

  #items(path: Path, close: string, item: () => void): void {
    this.#take(SPACE);
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#take(SPACE);
      item();
      this.#take(SPACE);
      const next = this.#text[this.#at];
      if (next !== ',' && next !== close) this.#unexpected(`"," or "${close}"`, path);
      this.#at++;
      if (next === close) return;
    }
  }

  #string(path: Path): string {
    const start = this.#at;
    const token = this.#take(STRING);
    if (token === undefined)
      this.#refuse(
        start,
        path,
        'a text is not ended, or holds a line feed or an escape that JSON does not know',
      );
    const text: string = JSON.parse(token);
    if (!text.isWellFormed()) {
      this.#refuse(
        start,
        path,
        'a text holds half a surrogate pair, which no database can store',
        'whole characters',
      );
    }
    if (text.includes('\0')) {
      this.#refuse(
        start,
        path,
        'a text holds the character NUL, which no database can store',
        'no "\\u0000"',
      );
    }
    return text;
  }

  #number(path: Path): void {
    const start = this.#at;
    const token = this.#take(NUMBER);
    if (token === undefined) this.#unexpected('a number', path);
    if (Math.abs(Number(token)) > Number.MAX_SAFE_INTEGER) {
      const got = clip(token, 30);
      this.#refuse(
        start,
        path,
        'a number is too large to be kept exactly',
        'at most ±9007199254740991; send it as a text',
        got,
      );
    }
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #unexpected(expected: string, path: Path): never {
    const rest = this.#text.slice(this.#at, this.#at + 12);
    const got =
      rest === '' ? `the end of ${this.#what}` : JSON.stringify(clip(rest.split(/(?<=\w)\b/)[0] ?? rest));
    throw problem(
      this.#text,
      this.#at,
      `${this.#what} is not valid JSON: expected ${expected}, got ${got}`,
      undefined,
      {
        path: pathText(path),
        expected,
        got,
      },
    );
  }

  #refuse(at: number, path: Path, message: string, expected = 'valid JSON', got?: string): never {
    const place = pathText(path);
    const hint = expected === 'valid JSON' ? undefined : `Expected: ${expected}.`;
    throw problem(this.#text, at, place ? `${place}: ${message}` : message, hint, {
      path: place,
      expected,
      ...(got === undefined ? {} : { got }),
    });
  }
}
