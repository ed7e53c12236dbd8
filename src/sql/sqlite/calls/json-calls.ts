import type { Call, Expr, MemberOf } from '../../ast.ts';
import { asDocument, asJson, asText } from '../convert.ts';
import { type Printing, unsupported } from '../printing.ts';
import type { PrintCall } from './call.ts';

export const JSON_CALLS: Record<string, PrintCall> = {
  json_extract: documentAndPaths('my_json_extract'),
  json_unquote: (p, { args: [value] }) =>
    value!.type.kind === 'json'
      ? `my_json_unquote(${p.expr(value!)})`
      : `my_text_unquote(${asText(p, value!)})`,
  json_value: documentAndPaths('my_json_value'),
  json_contains: (p, { args: [doc, candidate, path] }) => {
    const list = [asDocument(p, doc!), asDocument(p, candidate!), ...(path ? [asText(p, path)] : [])];
    return `my_json_contains(${list.join(', ')})`;
  },
  json_contains_path: documentAndPaths('my_json_contains_path'),
  json_length: documentAndPaths('my_json_length'),
  json_type: documents('my_json_type'),
  json_keys: documentAndPaths('my_json_keys'),
  json_depth: documents('my_json_depth'),
  json_overlaps: documents('my_json_overlaps'),
  json_valid: (p, { args: [value] }) => {
    if (value!.type.kind === 'json') return `iif(${p.expr(value!)} is null, null, 1)`;
    return value!.type.kind === 'text'
      ? `my_json_valid(${asText(p, value!)})`
      : `iif(${p.expr(value!)} is null, null, 0)`;
  },
  json_quote: (p, { args }) => `my_json_string(${asText(p, args[0]!)})`,
  json_array: (p, { args }) => `my_json_array(${args.map((arg) => asJson(p, arg)).join(', ')})`,
  json_object: (p, { args }) =>
    `my_json_object(${args.map((arg, index) => (index % 2 === 0 ? asText(p, arg) : asJson(p, arg))).join(', ')})`,
  json_search: documentAndPaths('my_json_search'),
  json_set: changing('my_json_set'),
  json_insert: changing('my_json_insert'),
  json_replace: changing('my_json_replace'),
  json_remove: documentAndPaths('my_json_remove'),
  json_array_append: changing('my_json_array_append'),
  json_array_insert: (p, { at }) => {
    throw unsupported('JSON_ARRAY_INSERT()', { at, why: 'it has no such function', text: p.text });
  },
  json_merge_patch: documents('my_json_merge_patch'),
  json_merge_preserve: documents('my_json_merge_preserve'),
  json_pretty: (p, { at }) => {
    throw unsupported('JSON_PRETTY()', { at, why: 'its output is for people to read', text: p.text });
  },
};

function documents(name: string): PrintCall {
  return (p, { args }) => `${name}(${args.map((arg) => asDocument(p, arg)).join(', ')})`;
}

/** The first argument is a document, the others are texts. */
function documentAndPaths(name: string): PrintCall {
  return (p, { args: [doc, ...rest] }) =>
    `${name}(${[asDocument(p, doc!), ...rest.map((arg) => asText(p, arg))].join(', ')})`;
}

/** A document, then paths with values. */
function changing(name: string): PrintCall {
  return (p: Printing, { args: [doc, ...pairs] }: Call) => {
    const list = pairs.map((arg: Expr, index) => (index % 2 === 0 ? asText(p, arg) : asJson(p, arg)));
    return `${name}(${[asDocument(p, doc!), ...list].join(', ')})`;
  };
}

export function memberOf(p: Printing, { value, array }: MemberOf): string {
  return `my_member_of(${asJson(p, value)}, ${asDocument(p, array)})`;
}
