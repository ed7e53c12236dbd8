import type { Call, Expr } from '../ast.ts';
import { entriesOf, printCall } from './call-table.ts';
import { compare } from './comparisons.ts';
import { asDouble, asFlag, asInteger, asNumber, asText, jsonText } from './convert.ts';
import { JSON_FUNCTIONS } from './json-functions.ts';
import { constantOf, textOf } from './literals.ts';
import type { PrintCall, Printer } from './printer.ts';
import { REGEXP_FUNCTIONS } from './regexps.ts';
import { TIME_FUNCTIONS } from './time-functions.ts';

/** A call of a function of one row. */
export function call(printer: Printer, node: Call): string {
  const print =
    FUNCTIONS.get(node.name) ??
    printer.refuse(node.at, `${node.name.toUpperCase()}()`, 'it is not known to give the same answer');
  return print(printer, node);
}

const FUNCTIONS: ReadonlyMap<string, PrintCall> = new Map<string, PrintCall>([
  ...entriesOf(
    `concat concat_ws lower upper substring_index reverse find_in_set char_length length bit_length ascii ord strcmp quote soundex
     unhex md5 sha crc32 to_base64 from_base64`,
    (printer, node) =>
      printCall(
        node,
        node.args.map((arg) => asText(printer, arg)),
      ),
  ),
  // The first argument is a text, the others are whole numbers.
  ...entriesOf('left right substring repeat sha2', (printer, { name, args: [first, ...rest] }) => {
    const numbers = rest.map((arg) => asWhole(printer, arg));
    return `${name}(${[asText(printer, first!), ...numbers].join(', ')})`;
  }),
  ['replace', replace],
  ...entriesOf('lpad rpad', (printer, { name, args: [text, length, fill] }) => {
    const [padded, size] = [asText(printer, text!), asWhole(printer, length!)];
    // If the filling is empty, MySQL returns the text unfilled.
    const cut = `if(${size} < 0, null, left(${padded}, ${size}))`;
    const filled = `${name}(${padded}, ${size}, ${asText(printer, fill!)})`;
    const filling = textOf(fill!);
    if (filling === undefined) return `if(char_length(${asText(printer, fill!)}) = 0, ${cut}, ${filled})`;
    return filling === '' ? cut : filled;
  }),
  ...entriesOf('locate', (printer, { args: [part, whole, from] }) => {
    const begin = from ? `, ${asWhole(printer, from)}` : '';
    return `locate(${asText(printer, part!)}, ${asText(printer, whole!)}${begin})`;
  }),
  ...entriesOf('insert', (printer, { args: [text, at, length, other] }) => {
    return `insert(${asText(printer, text!)}, ${asWhole(printer, at!)}, ${asWhole(printer, length!)}, ${asText(printer, other!)})`;
  }),
  ...entriesOf('elt', (printer, { args: [index, ...texts] }) => {
    return `elt(${[asWhole(printer, index!), ...texts.map((text) => asText(printer, text))].join(', ')})`;
  }),
  ...entriesOf('space char', (printer, node) =>
    printCall(
      node,
      node.args.map((arg) => asWhole(printer, arg)),
    ),
  ),
  ...entriesOf('bin oct conv hex format bit_count', (printer, node) =>
    printCall(node, printNumbers(printer, node)),
  ),
  ...entriesOf(
    `abs sign ceiling floor round truncate sqrt exp ln log log10 sin cos tan cot asin acos atan degrees radians pi rand`,
    (printer, node) =>
      printCall(
        node,
        node.args.map((arg) => asNumber(printer, arg)),
      ),
  ),
  ['power', (printer, { args }) => `pow(${args.map((arg) => asNumber(printer, arg)).join(', ')})`],
  [
    'log2',
    (printer, node) => printer.refuse(node.at, 'LOG2()', 'its last digit differs; write ln(x) / ln(2)'),
  ],
  ['isnull', (printer, { args }) => `(${printer.expr(args[0]!)} is null)`],
  // MariaDB has no ANY_VALUE; without ONLY_FULL_GROUP_BY it takes the value of an arbitrary row
  // anyway.
  ['any_value', (printer, { args }) => printer.expr(args[0]!)],
  ['if', (printer, node) => choose(printer, node, node.args.slice(1), asFlag(printer, node.args[0]!))],
  ['ifnull', (printer, node) => choose(printer, node, node.args)],
  ['coalesce', (printer, node) => choose(printer, node, node.args)],
  ['nullif', nullIf],
  ['greatest', extreme],
  ['least', extreme],
  ['field', field],
  ...JSON_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...TIME_FUNCTIONS,
]);

/** A whole number as an argument: MariaDB reads a different number only from JSON. */
function asWhole(printer: Printer, expr: Expr): string {
  return expr.type.kind === 'json' ? asInteger(printer, expr) : printer.expr(expr);
}

/** HEX and BIN treat numbers and texts differently; for HEX, JSON is a text. */
function printNumbers(printer: Printer, { name, args }: Call): string[] {
  return args.map((arg) => {
    if (name === 'hex' || name === 'bin' || name === 'oct' || name === 'conv') return asText(printer, arg);
    if (name === 'bit_count') return asInteger(printer, arg);
    return asNumber(printer, arg);
  });
}

/** IF, IFNULL and COALESCE: a mixture of JSON and other types gives a text. */
function choose(printer: Printer, { name, type }: Call, args: Expr[], condition?: string): string {
  const print = (arg: Expr) =>
    arg.type.kind === 'json' && type.kind !== 'json' ? jsonText(printer, arg) : printer.expr(arg);
  return `${name}(${[...(condition === undefined ? [] : [condition]), ...args.map(print)].join(', ')})`;
}

/**
 * If nothing matches, MariaDB ignores the replacement; in MySQL a NULL replacement always gives
 * NULL.
 */
function replace(printer: Printer, { args }: Call): string {
  const printed = `replace(${args.map((arg) => asText(printer, arg)).join(', ')})`;
  const replacement = args[2]!;
  if ((constantOf(replacement)?.kind ?? 'null') !== 'null') return printed;
  return `if(${printer.expr(replacement)} is null, null, ${printed})`;
}

function nullIf(printer: Printer, { args: [first, second] }: Call): string {
  if (![first!, second!].some(({ type }) => type.kind === 'json')) {
    return `nullif(${printer.expr(first!)}, ${printer.expr(second!)})`;
  }
  return `(case when ${compare(printer, '=', first!, second!)} then null else ${printer.expr(first!)} end)`;
}

/** If one argument is a text, MySQL compares texts, MariaDB numbers. */
function extreme(printer: Printer, { name, args, at }: Call): string {
  const kinds = args.map(({ type }) => type.kind);
  const isTime = (kind: string) => kind === 'datetime' || kind === 'date' || kind === 'time';
  if (kinds.some(isTime) && kinds.some((kind) => kind !== 'null' && !isTime(kind))) {
    printer.refuse(
      at,
      `${name.toUpperCase()}() of times and others`,
      'it compares them differently; write CAST(… AS DATETIME)',
    );
  }
  const hasText = kinds.some((kind) => kind === 'text' || kind === 'json');
  if (!hasText) return `${name}(${args.map((arg) => printer.expr(arg)).join(', ')})`;

  const texts = args.map((arg) =>
    arg.type.kind === 'text'
      ? printer.expr(arg)
      : arg.type.kind === 'null'
        ? 'null'
        : `concat(${asText(printer, arg)})`,
  );
  // CONCAT also prevents MariaDB from using numbers when the result is compared with one.
  return `concat(${name}(${texts.join(', ')}))`;
}

/** Compares texts if all arguments are texts, otherwise numbers. */
function field(printer: Printer, { args }: Call): string {
  const texts = args.every(
    ({ type }) => type.kind === 'text' || type.kind === 'json' || type.kind === 'null',
  );
  const print = (arg: Expr) =>
    texts ? asText(printer, arg) : arg.type.kind === 'json' ? asDouble(printer, arg) : printer.expr(arg);
  return `field(${args.map(print).join(', ')})`;
}
