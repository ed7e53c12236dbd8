import type { Expr, Trim } from '../../ast.ts';
import { mixedCollation } from '../compare-text.ts';
import { asDecimal, asDouble, asInteger, asText } from '../convert.ts';
import { compilePattern } from '../functions/regexp-functions.ts';
import { constantText, type Printing, quoted, unsupported } from '../printing.ts';
import { of, ofTexts, type PrintCall } from './call.ts';

export const TEXT_CALLS: Record<string, PrintCall> = {
  concat: ofTexts('my_concat'),
  concat_ws: ofTexts('my_concat_ws'),
  lower: ofTexts('my_lower'),
  upper: ofTexts('my_upper'),
  left: of('my_left', 'ti'),
  right: of('my_right', 'ti'),
  substring: of('my_substring', 'ti'),
  substring_index: of('my_substring_index', 'tti'),
  replace: ofTexts('my_replace'),
  reverse: ofTexts('my_reverse'),
  repeat: of('my_repeat', 'ti'),
  space: of('my_space', 'i'),
  lpad: of('my_lpad', 'tit'),
  rpad: of('my_rpad', 'tit'),
  insert: of('my_insert', 'tiit'),
  elt: (p, { args: [index, ...list] }) =>
    `my_elt(${[asInteger(p, index!), ...list.map((item) => asText(p, item))].join(', ')})`,
  field: (p, { args }) => {
    const texts = args.every(({ type }) => type.kind === 'text' || type.kind === 'json');
    const domain = texts ? mixedCollation(p, args) : 'number';
    const list = args.map((arg) => (texts ? asText(p, arg) : asDouble(p, arg)));
    return `my_field(${[quoted(domain), ...list].join(', ')})`;
  },
  find_in_set: ofTexts('my_find_in_set'),
  locate: of('my_locate', 'tti'),
  char_length: ofTexts('my_char_length'),
  length: ofTexts('my_length'),
  bit_length: (p, { args }) => `my_length(${asText(p, args[0]!)}) * 8`,
  ascii: ofTexts('my_ascii'),
  ord: ofTexts('my_ord'),
  strcmp: (p, { args }) =>
    `my_text_cmp(${args.map((arg) => asText(p, arg)).join(', ')}, '${mixedCollation(p, args)}')`,
  quote: ofTexts('my_quote'),
  soundex: ofTexts('my_soundex'),
  hex: (p, { args }) => {
    const arg = args[0]!;
    const isText = arg.type.kind === 'text' || arg.type.kind === 'json' || isTime(arg);
    return isText ? `my_hex_text(${asText(p, arg)})` : `my_hex(${asInteger(p, arg)})`;
  },
  unhex: ofTexts('my_unhex'),
  bin: (p, { args }) => `my_conv(${asText(p, args[0]!)}, 10, 2)`,
  oct: (p, { args }) => `my_conv(${asText(p, args[0]!)}, 10, 8)`,
  conv: of('my_conv', 'tii'),
  format: (p, { args: [value, digits] }) =>
    `my_format(${value!.type.kind === 'double' ? asDouble(p, value!) : asDecimal(p, value!)}, ${asInteger(p, digits!)})`,
  md5: ofTexts('my_md5'),
  sha: ofTexts('my_sha1'),
  sha2: of('my_sha2', 'ti'),
  crc32: ofTexts('my_crc32'),
  to_base64: ofTexts('my_to_base64'),
  from_base64: ofTexts('my_from_base64'),
  regexp_like: (p, { args: [value, pattern, flags] }) =>
    regexp(p, { value: value!, pattern: pattern!, flags }),
  regexp_replace: (p, { args, at }) => {
    if (args.length > 3) throw more(p, 'REGEXP_REPLACE', at);
    const [value, pattern, by] = args as [Expr, Expr, Expr];
    return `my_regexp_replace(${asText(p, value)}, ${asText(p, pattern)}, ${asText(p, by)}, ${flagsOf(p, value, pattern)})`;
  },
  regexp_substr: (p, { args, at }) => {
    if (args.length > 2) throw more(p, 'REGEXP_SUBSTR', at);
    const [value, pattern] = args as [Expr, Expr];
    return `my_regexp_substr(${asText(p, value)}, ${asText(p, pattern)}, ${flagsOf(p, value, pattern)})`;
  },
  regexp_instr: (p, { args, at }) => {
    if (args.length > 2) throw more(p, 'REGEXP_INSTR', at);
    const [value, pattern] = args as [Expr, Expr];
    return `my_regexp_instr(${asText(p, value)}, ${asText(p, pattern)}, ${flagsOf(p, value, pattern)})`;
  },
};

function isTime({ type }: Expr): boolean {
  return type.kind === 'date' || type.kind === 'datetime' || type.kind === 'time';
}

function more(p: Printing, call: string, at: number): Error {
  return unsupported(`${call}() with a position`, { at, why: 'it has no such argument', text: p.text });
}

/** REGEXP, RLIKE and REGEXP_LIKE(). */
export function regexp(
  p: Printing,
  { value, pattern, flags }: { value: Expr; pattern: Expr; flags?: Expr | undefined },
): string {
  const text = constantText(pattern);
  if (text !== undefined && compilePattern(text, 'c') === undefined) {
    throw unsupported(`the pattern ${text}`, {
      at: pattern.at,
      why: 'it is not a regular expression',
      text: p.text,
    });
  }
  const own = flags === undefined ? '' : ` || ${asText(p, flags)}`;
  return `my_regexp(${asText(p, value)}, ${asText(p, pattern)}, ${flagsOf(p, value, pattern)}${own})`;
}

function flagsOf(p: Printing, value: Expr, pattern: Expr): string {
  return mixedCollation(p, [value, pattern]).endsWith('_ci') ? "'i'" : "'c'";
}

export function trim(p: Printing, { side, remove, operand }: Trim): string {
  const what = remove === undefined ? "' '" : asText(p, remove);
  return `my_trim('${side}', ${what}, ${asText(p, operand)})`;
}
