import { foldArrows, type JsonReading } from './json-arrows.ts';
import { template } from './template.ts';
import { refuse } from './tokens.ts';
import { call, isWord, type JsonAccess, type Node, splitCommas, string } from './tree.ts';
import { unsupported } from './unsupported.ts';

/**
 * MySQL's `doc -> path` is JSON_EXTRACT of a column and a path, and `->>` that, unquoted. SQLite's json_extract gives the
 * value itself, which compares with SQL values as MySQL's does. Where MySQL looks at the JSON rather than its value, the JSON
 * is taken: a JSON null is not NULL, LIKE sees the quotes of a string, and JSON functions take JSON.
 */
export function rewriteJson(items: Node[]): Node[] {
  const folded = foldArrows(items, inSqlite);
  return folded.flatMap((item, index): Node[] => {
    if (item.kind !== 'json' || item.unquotes) return [item];
    const next = isWord(folded[index + 1], 'not') ? folded[index + 2] : folded[index + 1];
    if (isWord(next, 'like', 'regexp', 'rlike')) return [asJson(item)];
    const negated = isWord(folded[index + 2], 'not') ? 3 : 2;
    if (isWord(folded[index + 1], 'is') && isWord(folded[index + negated], 'null')) {
      return [call('json_type', [item.doc], [item.path])];
    }
    return [item];
  });
}

/** The JSON at the path, as text. */
export function asJson(access: JsonAccess): Node {
  return { kind: 'group', items: [access.doc, { kind: 'symbol', value: '->' }, access.path] };
}

/** Functions whose arguments are JSON, or its text, not values. */
const JSON_FUNCTIONS = new Set(
  `json_contains json_contains_path json_length json_type json_keys json_depth json_overlaps json_valid json_unquote json_value
   json_pretty json_array_length json_patch json_remove json_set json_insert json_replace mysql_member_of
   lower upper lcase ucase concat concat_ws char_length character_length length mysql_left mysql_right mysql_substring substring_index
   replace trim ltrim rtrim mysql_trim locate instr reverse md5 sha sha1 sha2 hex lpad rpad repeat mysql_cast_char group_concat`.split(
    /\s+/,
  ),
);

const inSqlite: JsonReading = {
  access: accessOf,
  memberOf: (value, list) => jsonCall(call('mysql_member_of', [value], list)),
  call: jsonCall,
};

function jsonCall(node: Node & { kind: 'call' }): Node {
  const args = splitCommas(node.args);
  const [doc, path] = args;
  if (node.name === 'json_extract' && args.length === 2 && doc?.length === 1 && path?.length === 1) {
    return accessOf(doc[0]!, path[0]!, false);
  }
  const access = doc?.[0];
  if (node.name === 'json_unquote' && args.length === 1 && doc?.length === 1 && access?.kind === 'json') {
    return { ...access, unquotes: true };
  }
  if (!JSON_FUNCTIONS.has(node.name)) return node;
  return {
    ...node,
    args: node.args.map((arg) => (arg.kind === 'json' && !arg.unquotes ? asJson(arg) : arg)),
  };
}

/** MySQL takes a value that is no array for the array of it: `$.tags[0]` of `{"tags": "a"}` is "a". */
function accessOf(doc: Node, path: Node, unquotes: boolean): JsonAccess {
  const written = jsonPath(path);
  let wrapped = doc;
  if (written.kind === 'string') {
    for (const { index } of written.value.matchAll(/\[(?:0|#-1)\]/g)) {
      wrapped = template(
        "(iif(coalesce(json_type(DOC, PATH), 'array') = 'array', DOC, json_set(DOC, PATH, json('[' || (DOC -> PATH) || ']'))))",
        { DOC: [wrapped], PATH: [string(written.value.slice(0, index))] },
      );
    }
  }
  return { kind: 'json', unquotes, doc: wrapped, path: written };
}

/** A literal path in SQLite's way of writing it. */
function jsonPath(path: Node): Node {
  if (path.kind !== 'string') return path;
  if (!path.value.trimStart().startsWith('$')) {
    throw refuse(
      `a JSON path begins with "$", not "${path.value}"`,
      "Write for example attributes->'$.plan'.",
    );
  }
  const outsideQuotes = path.value.replace(/"[^"]*"/g, '');
  if (outsideQuotes.includes('*')) {
    throw unsupported(`the JSON path ${path.value}`, 'SQLite knows no wildcards in paths; use JSON_CONTAINS');
  }
  if (/\bto\b/.test(outsideQuotes))
    throw unsupported(`the JSON path ${path.value}`, 'SQLite knows no ranges in paths');
  const value = path.value
    .trim()
    .replace(/\[\s*last\s*(?:-\s*(\d+)\s*)?\]/g, (_whole, back?: string) => `[#-${Number(back ?? 0) + 1}]`);
  return { kind: 'string', value };
}
