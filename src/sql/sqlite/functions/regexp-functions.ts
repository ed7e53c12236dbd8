import { type Functions, fn } from './registry.ts';

/** Functions of regular expressions. The last argument says whether the collation tells letters apart by case: `c` or `i`. */
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

const CLASSES: Record<string, string> = {
  alpha: '\\p{L}',
  digit: '0-9',
  alnum: '\\p{L}\\p{N}',
  space: '\\s',
  upper: '\\p{Lu}',
  lower: '\\p{Ll}',
  punct: '\\p{P}',
  xdigit: '0-9A-Fa-f',
};
const compiled = new Map<string, RegExp | undefined>();

/** A pattern of MySQL as one of JavaScript: they share what people use but `[[:alpha:]]`. Undefined for what is no pattern. */
export function compilePattern(pattern: string, flags: string): RegExp | undefined {
  const key = `${flags}/${pattern}`;
  if (compiled.has(key)) return compiled.get(key);
  const source = pattern.replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
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
