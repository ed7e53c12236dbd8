import type { Expr } from '../ast.ts';
import { refusal } from '../refusal.ts';

/*
 * Where MySQL expects a JSON document, it accepts JSON or text that is valid JSON. For other types
 * and other text the query fails at run time, so only text that is known to be JSON is accepted
 * here.
 */

/** Throws when a function gets a document argument that may not be JSON. */
export function checkDocuments(expr: Expr & { kind: 'call' }, text: string): void {
  const which = DOCUMENTS[expr.name];
  if (which) {
    for (const [index, arg] of expr.args.entries()) if (which(index)) checkDocument(arg, expr.name, text);
  } else if (expr.name === 'json_unquote' || expr.name === 'json_quote') {
    const { type, at } = expr.args[0]!;
    const taken =
      expr.name === 'json_quote' ? ['text', 'null', 'unknown'] : ['text', 'null', 'unknown', 'json'];
    if (!taken.includes(type.kind)) throw refuse(expr.name, { at, text, hint: 'Write CAST(… AS CHAR).' });
  }
}

/** The same for the array of `value MEMBER OF(array)` and for the operand of `->`. */
export function checkDocument(doc: Expr, by: string, text: string): void {
  if (isDocument(doc)) return;
  const { type, at } = doc;
  if (type.kind !== 'text') throw refuse(by, { at, text, hint: 'Write CAST(… AS JSON).' });
  throw refuse(by, { at, text, hint: "Write attributes->'$.path', which is JSON, not ->>." });
}

// --- internal ---

const first = (index: number) => index === 0;
const firstTwo = (index: number) => index < 2;

/** For each function, the arguments that are documents. */
const DOCUMENTS: Record<string, (index: number) => boolean> = {
  ...Object.fromEntries(
    [
      ...[
        'json_extract',
        'json_value',
        'json_contains_path',
        'json_length',
        'json_type',
        'json_keys',
        'json_depth',
      ],
      ...['json_search', 'json_set', 'json_insert', 'json_replace', 'json_remove', 'json_array_append'],
      ...['json_array_insert', 'json_pretty'],
    ].map((name) => [name, first]),
  ),
  json_contains: firstTwo,
  json_overlaps: firstTwo,
  json_merge_patch: () => true,
  json_merge_preserve: () => true,
};

/**
 * Whether the expression is always JSON, including a choice between JSON and texts, which gives
 * JSON as text.
 */
function isDocument(expr: Expr): boolean {
  const { kind } = expr.type;
  if (kind === 'json' || kind === 'null' || kind === 'unknown') return true;
  if (kind !== 'text') return false;
  switch (expr.kind) {
    case 'string':
    case 'param':
      return typeof expr.value === 'string' && isJson(expr.value);
    case 'case': {
      const results = expr.branches.map(({ result }) => result);
      return [...results, ...(expr.otherwise ? [expr.otherwise] : [])].every(isDocument);
    }
    case 'call':
      if (expr.name === 'if') return expr.args.slice(1).every(isDocument);
      if (expr.name === 'nullif') return isDocument(expr.args[0]!);
      return (expr.name === 'coalesce' || expr.name === 'ifnull') && expr.args.every(isDocument);
    default:
      return false;
  }
}

function refuse(by: string, at: { at: number; text: string; hint: string }): Error {
  return refusal(`${by.toUpperCase()} is given something that is not JSON`, at);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
