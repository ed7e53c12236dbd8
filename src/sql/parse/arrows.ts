import type { Expr, JsonAccess } from '../ast.ts';
import type { JsonPath } from '../json-path.ts';
import { parseJsonPath } from './json-path.ts';
import type { Reader } from './reader.ts';

/** `column -> path` and `column ->> path`; the column itself where no arrow follows. */
export function jsonAccess(reader: Reader, column: Expr): Expr {
  const node = { at: column.at, type: column.type };
  const unquote = reader.isSymbol('->>');
  if (!unquote && !reader.isSymbol('->')) return column;
  const arrow = reader.take();
  const { kind, value, at } = reader.peek();
  if (kind !== 'string') {
    throw reader.refuse(`${arrow.raw} takes a path in quotes, such as '$.plan'`, {
      hint: 'For a computed path use JSON_EXTRACT.',
    });
  }
  reader.take();
  if (reader.isSymbol('->', '->>')) {
    throw reader.refuse('an arrow can only follow a column', {
      hint: "Write one path: '$.address.city'.",
    });
  }
  return { kind: 'json', ...node, doc: column, path: jsonPath(reader, value, at), unquote };
}

/** JSON_EXTRACT and JSON_UNQUOTE as the arrows that MySQL defines by them. */
export function asAccess(reader: Reader, call: Expr): Expr {
  if (call.kind !== 'call') return call;
  const [first, second, third] = call.args;
  if (call.name === 'json_extract' && first && second?.kind === 'string' && third === undefined) {
    const path = jsonPath(reader, second.value, second.at);
    return { kind: 'json', at: call.at, type: call.type, doc: first, path, unquote: false };
  }
  if (call.name === 'json_unquote' && first?.kind === 'json' && !first.unquote && second === undefined) {
    return { ...first, at: call.at, unquote: true } satisfies JsonAccess;
  }
  return call;
}

export function jsonPath(reader: Reader, text: string, at: number): JsonPath {
  const path = parseJsonPath(text);
  if (path) return path;
  throw reader.refuse(
    text.trimStart().startsWith('$')
      ? `'${text}' is not a JSON path`
      : `a JSON path begins with "$", not '${text}'`,
    { at, hint: "Write for example attributes->'$.plan', or attributes->'$.\"two words\"'." },
  );
}
