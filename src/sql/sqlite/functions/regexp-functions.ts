import { type Functions, fn } from './registry.ts';

/**
 * Functions of regular expressions. The last argument says whether the collation is case-sensitive:
 * `c` or `i`.
 */
export const regexpFunctions: Functions = {
  my_regexp: fn(3, (value: string, pattern: string, flags: string) => {
    const regexp = compilePattern(pattern, flags);
    return regexp === undefined ? null : Number(regexp.test(value));
  }),
  my_regexp_replace: fn(4, (value: string, pattern: string, by: string, flags: string) => {
    const regexp = compilePattern(pattern, flags);
    return regexp && value.replace(new RegExp(regexp.source, `${regexp.flags}g`), by.replace(/\\(.)/g, '$1'));
  }),
  my_regexp_substr: fn(
    3,
    (value: string, pattern: string, flags: string) => compilePattern(pattern, flags)?.exec(value)?.[0],
  ),
  my_regexp_instr: fn(3, (value: string, pattern: string, flags: string) => {
    const regexp = compilePattern(pattern, flags);
    if (regexp === undefined) return null;
    const found = regexp.exec(value);
    return found ? [...value.slice(0, found.index)].length + 1 : 0;
  }),
};

/** The content of MySQL's character classes, for use in brackets. */
const CLASSES: Record<string, string> = {
  alpha: '\\p{Alphabetic}',
  digit: '\\p{Nd}',
  alnum: '\\p{Alphabetic}\\p{Nd}',
  space: '\\s',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  punct: '\\p{P}',
  xdigit: '0-9A-Fa-f',
};
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
const WORD_EDGE = `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`;
const LINE_END = '(?=(?:\\r\\n|[\\n\\v\\f\\r\\u0085\\u2028\\u2029])?$)';

/** Syntax with a different meaning in ICU, which MySQL uses, than in JavaScript. */
function translated(pattern: string, multiline: boolean): string {
  let source = '';
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    const named = /^\[:(\w+):\]/.exec(pattern.slice(at));
    if (char === '\\') {
      const escaped = pattern[++at] ?? '';
      if (escaped === 'd') source += inClass ? '\\p{Nd}' : '[\\p{Nd}]';
      else if (escaped === 'w') source += inClass ? WORD : `[${WORD}]`;
      else if (escaped === 'W' && !inClass) source += `[^${WORD}]`;
      else if (escaped === 'b' && !inClass) source += WORD_EDGE;
      else if (escaped === 'D') source += '\\P{Nd}';
      else source += char + escaped;
    } else if (named && inClass && CLASSES[named[1]!] !== undefined) {
      source += CLASSES[named[1]!];
      at += named[0].length - 1;
    } else if (char === '[' && !inClass) {
      inClass = true;
      source += char;
      if (pattern[at + 1] === '^') source += pattern[++at];
      // A bracket that closes immediately is a literal character.
      if (pattern[at + 1] === ']') {
        source += '\\]';
        at++;
      }
    } else if (char === ']' && inClass) {
      inClass = false;
      source += char;
    } else if (char === '$' && !inClass && !multiline) source += LINE_END;
    else source += char;
  }
  return source;
}

const compiled = new Map<string, RegExp | undefined>();

/**
 * A MySQL pattern as a JavaScript pattern: common syntax is the same, except `[[:alpha:]]`.
 * Undefined for an invalid pattern.
 */
export function compilePattern(pattern: string, flags: string): RegExp | undefined {
  const key = `${flags}/${pattern}`;
  if (compiled.has(key)) return compiled.get(key);
  const source = translated(pattern, flags.includes('m'));
  // The last of `c` and `i` counts.
  const caseless = flags.lastIndexOf('i') > flags.lastIndexOf('c');
  const options = `${caseless ? 'i' : ''}${flags.includes('m') ? 'm' : ''}${flags.includes('n') ? 's' : ''}`;
  let found: RegExp | undefined;
  // Without `u` JavaScript accepts more escapes, as MySQL does.
  for (const attempt of [`u${options}`, options]) {
    try {
      found ??= new RegExp(source, attempt);
    } catch {}
  }
  if (compiled.size > 200) compiled.clear();
  compiled.set(key, found);
  return found;
}
