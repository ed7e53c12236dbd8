import { asJson } from './json-access.ts';
import type { JsonDialect } from './json-comparisons.ts';
import { rewriteOperators } from './operators.ts';
import { template } from './template.ts';
import { call, type JsonAccess, type Node } from './tree.ts';

const type = ({ doc, path }: JsonAccess): Node => call('json_type', [doc], [path]);
const value = ({ doc, path }: JsonAccess): Node => call('json_extract', [doc], [path]);

/** JSON in SQLite: a value comes out of it as a number (a boolean as 1 or 0), a text, or JSON text. */
export const sqliteJson: JsonDialect = {
  type,
  value,
  types: {
    null: ['null'],
    boolean: ['true', 'false'],
    number: ['integer', 'real'],
    string: ['text'],
    array: ['array'],
    object: ['object'],
  },
  finish: rewriteOperators,
  order: () => undefined,
  text: asJson,
  equal: (a, b) =>
    template(
      `(case when TA is null or TB is null then null when TA = 'null' or TB = 'null' then TA = TB
        else A = B and (TA in ('true', 'false')) = (TB in ('true', 'false')) end)`,
      { TA: [type(a)], TB: [type(b)], A: [value(a)], B: [value(b)] },
    ),
};
