import type { Call, Expr, Regexp } from '../ast.ts';
import { asText } from './convert.ts';
import { quote, textOf } from './literals.ts';
import type { PrintCall, Printer } from './printer.ts';

/*
 * MySQL uses ICU's regular expressions, MariaDB PCRE2's. (*UCP) makes \w and \b recognize all
 * letters, and (*ANY) keeps `.` from matching any line end, as in ICU. Patterns must be literals,
 * because an invalid pattern is an error on both.
 */

export function regexp(printer: Printer, { operand, pattern, negated }: Regexp): string {
  return `(${asText(printer, operand)}${negated ? ' not' : ''} regexp ${patternOf(printer, pattern)})`;
}

export const REGEXP_FUNCTIONS: [string, PrintCall][] = [
  [
    'regexp_like',
    (printer, { args: [operand, pattern, flags] }) =>
      `(${asText(printer, operand!)} regexp ${patternOf(printer, pattern!, flagsOf(printer, flags))})`,
  ],
  [
    'regexp_instr',
    (printer, node) => {
      two(printer, node);
      const [operand, pattern] = node.args;
      return `regexp_instr(${asText(printer, operand!)}, ${patternOf(printer, pattern!)})`;
    },
  ],
  [
    'regexp_substr',
    (printer, node) => {
      two(printer, node);
      const operand = asText(printer, node.args[0]!);
      const pattern = patternOf(printer, node.args[1]!);
      // If nothing matches, MariaDB gives an empty text.
      return `if(${operand} regexp ${pattern}, regexp_substr(${operand}, ${pattern}), null)`;
    },
  ],
  [
    'regexp_replace',
    (printer, node) => {
      const [operand, pattern, replacement] = node.args;
      if (node.args.length > 3) refuseArguments(printer, node);
      return `regexp_replace(${asText(printer, operand!)}, ${patternOf(printer, pattern!)}, ${replacementOf(printer, replacement!)})`;
    },
  ],
];

function two(printer: Printer, node: Call): void {
  if (node.args.length > 2) refuseArguments(printer, node);
}

function refuseArguments(printer: Printer, { at, name, args }: Call): never {
  printer.refuse(at, `${name.toUpperCase()}() with ${args.length} arguments`, 'it accepts fewer');
}

function flagsOf(printer: Printer, flags: Expr | undefined): string {
  if (flags === undefined) return '';
  const text = textOf(flags);
  if (text === undefined || /[^icmn]/.test(text)) {
    printer.refuse(
      flags.at,
      'REGEXP_LIKE() with these flags',
      'it accepts only a literal with i, c, m and n',
    );
  }
  const words = [...text].map((flag) => FLAGS[flag]!);
  // The last of i and c counts.
  return words.join('');
}

const FLAGS: Record<string, string> = { i: '(?i)', c: '(?-i)', m: '(?m)', n: '(?s)' };

function patternOf(printer: Printer, pattern: Expr, flags = ''): string {
  const text = textOf(pattern);
  if (text === undefined) {
    return printer.refuse(
      pattern.at,
      'a pattern that is not a literal',
      'an invalid pattern would be an error; use LIKE or LOCATE',
    );
  }
  const translated = text.replace(
    /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|[\s\S])/g,
    (whole, short, long, two) => {
      const code = short ?? long ?? two;
      return code === undefined ? whole : `\\x{${code}}`;
    },
  );
  if (/&&|--|\[[^\]]*\[(?!:)|\\[NLlUuXR]|\(\?[<>=!P]?[^:imsx=!<>-]|\(\*/.test(translated)) {
    printer.refuse(
      pattern.at,
      `the pattern '${text}'`,
      'it means something else; use simple classes and groups',
    );
  }
  // With MariaDB's collation of literals, letters would match in either case.
  return quote(`(*UCP)(*ANY)(?-i)${flags}${translated}`);
}

/** MariaDB writes `$1` as `\1`. */
function replacementOf(printer: Printer, expr: Expr): string {
  const text = textOf(expr);
  if (text === undefined)
    return printer.refuse(expr.at, 'a replacement that is not a literal', 'use REPLACE');
  return quote(
    text.replace(/\\([\s\S])|\$(\d)|\\$/g, (whole, escaped, group) =>
      group !== undefined ? `\\${group}` : escaped === '\\' ? '\\\\' : (escaped ?? whole),
    ),
  );
}
