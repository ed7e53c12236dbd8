import type { Call, Expr, MemberOf } from '../ast.ts';
import { entriesOf } from './call-table.ts';
import { asJson, asText } from './convert.ts';
import { constantOf, quote, textOf } from './literals.ts';
import type { PrintCall, Printer } from './printer.ts';
import { ofTimeType } from './time-functions.ts';

export const JSON_FUNCTIONS: [string, PrintCall][] = [
  ...entriesOf('json_extract json_remove json_merge_patch json_merge_preserve', (printer, node) =>
    withPaths(printer, node),
  ),
  ['json_unquote', (printer, { args }) => `json_unquote(${printer.expr(args[0]!)})`],
  ...entriesOf('json_depth json_overlaps json_keys json_contains_path json_length', (printer, node) =>
    withPaths(printer, node),
  ),
  ['json_quote', (printer, { args }) => `json_quote(${asText(printer, args[0]!)})`],
  ['json_valid', valid],
  ['json_array_append', arrayAppend],
  ['json_contains', contains],
  ['json_type', jsonType],
  ['json_value', jsonValue],
  ['json_search', search],
  ...entriesOf('json_array json_object', (printer, { name, args }) => {
    // Keys are texts.
    const print = (arg: Expr, index: number) =>
      name === 'json_object' && index % 2 === 0 ? asText(printer, arg) : asJson(printer, arg);
    // MariaDB assumes that the function is NULL when an argument is, and turns a LEFT JOIN into an
    // inner join. It does not assume this about COALESCE.
    return `coalesce(json_extract(${name}(${args.map(print).join(', ')}), '$'), null)`;
  }),
  ...entriesOf('json_set json_insert json_replace json_array_insert', (printer, { name, args }) => {
    const print = (arg: Expr, index: number) =>
      index === 0 ? printer.expr(arg) : index % 2 === 1 ? pathOf(printer, arg) : asJson(printer, arg);
    return `${name}(${args.map(print).join(', ')})`;
  }),
];

/** A value is compared with the elements of an array, or with a value that is not an array. */
export function memberOf(printer: Printer, { value, array }: MemberOf): string {
  if (constantOf(value)?.kind === 'null') return 'null';
  // JSON from a table holds no times.
  if (ofTimeType(value))
    return `if(${printer.expr(value)} is null or ${printer.expr(array)} is null, null, 0)`;
  const overlaps = `json_overlaps(${printer.expr(array)}, json_array(${asJson(printer, value)}))`;
  return constantOf(value) ? overlaps : `if(${printer.expr(value)} is null, null, ${overlaps})`;
}

function withPaths(printer: Printer, { name, args }: Call): string {
  return `${name}(${args.map((arg) => (isPath(arg) ? pathOf(printer, arg) : printer.expr(arg))).join(', ')})`;
}

function isPath(expr: Expr): boolean {
  return textOf(expr)?.trimStart().startsWith('$') ?? false;
}

function pathOf(printer: Printer, expr: Expr): string {
  const path = textOf(expr);
  if (path === undefined)
    printer.refuse(expr.at, 'a JSON path that is not a literal', 'an invalid path would be an error');
  if (/\blast\b|\*\*\s*\[/.test(path)) {
    printer.refuse(expr.at, `the JSON path ${path}`, '[last] works only in -> and ->>');
  }
  return printer.expr(expr);
}

/** If the path finds nothing, MySQL gives NULL, MariaDB 0. */
function contains(printer: Printer, { args: [doc, candidate, path] }: Call): string {
  const literal = textOf(candidate!);
  if (literal !== undefined && holdsArrays(literal)) {
    printer.refuse(candidate!.at, 'JSON_CONTAINS() of arrays in an array', 'it searches inside them');
  }
  const within = path ? `json_extract(${printer.expr(doc!)}, ${pathOf(printer, path)})` : printer.expr(doc!);
  return `json_contains(${within}, ${printer.expr(candidate!)})`;
}

/**
 * MySQL calls whole numbers beyond 32 bits unsigned, and beyond 64 bits DOUBLE. The type names
 * differ in case.
 */
function jsonType(printer: Printer, { args: [doc] }: Call): string {
  const json = printer.expr(doc!);
  const whole = `(case when ${json} + 0e0 >= 18446744073709551616 or ${json} + 0e0 < -9223372036854775808 or ${text(json)} like '%e%' then 'DOUBLE' when ${json} + 0e0 > 4294967295 then 'UNSIGNED INTEGER' else 'INTEGER' end)`;
  return `(case convert(json_type(${json}) using utf8mb4) when 'INTEGER' then ${whole} else convert(json_type(${json}) using utf8mb4) end collate utf8mb4_bin)`;
}

/** In MySQL only texts and JSON can be valid JSON, not the number 1. */
function valid(printer: Printer, { args: [value] }: Call): string {
  const printed = printer.expr(value!);
  const { kind } = value!.type;
  if (kind === 'json') return `(${printed} is not null or null)`;
  if (kind !== 'text') return kind === 'null' ? 'null' : '0';
  // MariaDB accepts `5.` and `1e400` as numbers.
  return `if(${printed} regexp ${quote(NO_NUMBER)}, 0, json_valid(${printed}))`;
}

const NO_NUMBER = '^\\s*-?[0-9]+(\\.|(\\.[0-9]+)?e\\+?0*(309|3[1-9][0-9]|[4-9][0-9]{2}|[1-9][0-9]{3,}))\\s*$';

/** If a path finds nothing, MySQL changes nothing and MariaDB gives NULL. */
function arrayAppend(printer: Printer, { args: [doc, ...pairs] }: Call): string {
  let printed = doc!.type.kind === 'json' ? asJson(printer, doc!) : printer.expr(doc!);
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const path = pathOf(printer, pairs[at]!);
    const appended = `json_array_append(${printed}, ${path}, ${asJson(printer, pairs[at + 1]!)})`;
    printed = `if(json_contains_path(${printed}, 'one', ${path}) = 0, ${printed}, ${appended})`;
  }
  return printed;
}

function text(json: string): string {
  return `concat(${json})`;
}

/**
 * MariaDB gives 1 for true, and NULL for objects and arrays. MySQL's result is a VARCHAR(512): a
 * longer value gives NULL.
 */
function jsonValue(printer: Printer, { args: [doc, path] }: Call): string {
  const json = `json_extract(${printer.expr(doc!)}, ${pathOf(printer, path!)})`;
  const value = `json_unquote(nullif(${text(json)}, 'null'))`;
  return `(if(char_length(${value}) > 512, null, ${value}) collate utf8mb4_nopad_bin)`;
}

/** MySQL searches texts only, MariaDB numbers as well. */
function search(printer: Printer, { name, args }: Call): string {
  const [doc, oneOrAll, wanted, ...rest] = args;
  const text = textOf(wanted);
  if (text === undefined || !/[^truefalsn0-9.+\-E%_]/.test(text)) {
    printer.refuse(wanted!.at, 'JSON_SEARCH() for this', 'it also finds numbers; use JSON_CONTAINS');
  }
  const paths = rest.map((arg, index) => (index === 0 ? printer.expr(arg) : pathOf(printer, arg)));
  return `${name}(${[printer.expr(doc!), printer.expr(oneOrAll!), quote(text), ...paths].join(', ')})`;
}

function holdsArrays(text: string): boolean {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) && value.some(Array.isArray);
}
