import type { Cte, Limit, Query, QueryBody, Select, SelectItem } from '../ast.ts';
import type { Reader } from './reader.ts';
import { tables } from './tables.ts';
import { namedWindows, orderBy } from './windows.ts';

/** `WITH … SELECT … UNION … ORDER BY … LIMIT …` */
export function query(reader: Reader): Query {
  return reader.nested(() => {
    const { at } = reader;
    const { recursive, ctes } = withClause(reader);
    const body = union(reader);
    const ordered = orderBy(reader);
    const limit = limitOf(reader);
    if (
      reader.isWord('into', 'procedure') ||
      (reader.isWord('lock') && reader.isWordAt(1, 'in')) ||
      reader.isWord('for')
    ) {
      throw reader.refuse(`a segment only reads: ${reader.peek().raw.toUpperCase()} is not accepted`);
    }
    return { at, ctes, recursive, body, orderBy: ordered, limit, columns: [], correlated: false };
  });
}

function withClause(reader: Reader): { recursive: boolean; ctes: Cte[] } {
  if (!reader.accept('with')) return { recursive: false, ctes: [] };
  const recursive = reader.accept('recursive');
  const ctes = reader.list((): Cte => {
    const { at } = reader;
    const name = reader.name('a name after WITH');
    const names = reader.isSymbol('(')
      ? reader.inBrackets(() => reader.list(() => reader.name('a column')))
      : undefined;
    reader.expect('as');
    const inner = reader.inBrackets(() => reader.grammar.query(reader));
    return { at, name, names, query: inner, columns: [], recursive: false };
  });
  return { recursive, ctes };
}

/** UNION and EXCEPT, from left to right; INTERSECT binds more tightly. */
function union(reader: Reader): QueryBody {
  const { at } = reader;
  let left = intersect(reader);
  while (reader.isWord('union', 'except')) {
    const op = reader.take().value as 'union' | 'except';
    left = { kind: 'set', at, op, all: isAll(reader), left, right: intersect(reader), columns: [] };
  }
  return left;
}

function intersect(reader: Reader): QueryBody {
  const { at } = reader;
  let left = term(reader);
  while (reader.accept('intersect')) {
    left = { kind: 'set', at, op: 'intersect', all: isAll(reader), left, right: term(reader), columns: [] };
  }
  return left;
}

function isAll(reader: Reader): boolean {
  if (reader.accept('all')) return true;
  reader.accept('distinct');
  return false;
}

function term(reader: Reader): QueryBody {
  const { at } = reader;
  if (reader.isSymbol('(')) {
    return { kind: 'nested', at, query: reader.inBrackets(() => reader.grammar.query(reader)), columns: [] };
  }
  if (reader.accept('values')) {
    const rows = reader.list(() => {
      reader.expect('row');
      return reader.inBrackets(() => reader.list(() => reader.grammar.expression(reader)));
    });
    return { kind: 'values', at, rows, columns: [] };
  }
  return select(reader);
}

const OPTIONS = [
  'sql_no_cache',
  'sql_small_result',
  'sql_big_result',
  'sql_buffer_result',
  'high_priority',
  'straight_join',
];

function select(reader: Reader): Select {
  const { at } = reader;
  if (!reader.accept('select')) throw reader.unexpected('SELECT', 'A segment is one SELECT of user ids.');
  let distinct = false;
  while (reader.isWord('distinct', 'distinctrow', 'all', ...OPTIONS)) {
    if (reader.take().value.startsWith('distinct')) distinct = true;
  }
  const items = reader.list(() => selectItem(reader));
  const from = reader.accept('from') ? tables(reader) : [];
  const where = reader.accept('where') ? reader.grammar.expression(reader) : undefined;
  const { groupBy, rollup } = group(reader);
  const having = reader.accept('having') ? reader.grammar.expression(reader) : undefined;
  const windows = namedWindows(reader);
  return {
    ...{ kind: 'select', at, distinct, items, from, where, groupBy, rollup, having, windows },
    ...{ sources: [], grouped: false, columns: [] },
  };
}

function group(reader: Reader): { groupBy: Select['groupBy']; rollup: boolean } {
  if (!reader.accept('group', 'by')) return { groupBy: [], rollup: false };
  if (reader.accept('rollup')) {
    return {
      groupBy: reader.inBrackets(() => reader.list(() => reader.grammar.expression(reader))),
      rollup: true,
    };
  }
  const groupBy = reader.list(() => {
    const expr = reader.grammar.expression(reader);
    if (reader.isWord('asc', 'desc')) throw reader.refuse('GROUP BY has no order', { hint: 'Use ORDER BY.' });
    return expr;
  });
  return { groupBy, rollup: reader.accept('with', 'rollup') };
}

function selectItem(reader: Reader): SelectItem {
  const { at } = reader;
  const star = starOf(reader);
  if (star) return { at, expr: star, alias: undefined, name: '' };
  const expr = reader.grammar.expression(reader);
  if (reader.isWord('into')) throw reader.refuse('a segment only reads: INTO is not accepted');
  const written = reader.text.slice(at, reader.endOfLast);
  const as = reader.accept('as');
  const alias =
    reader.peek().kind === 'string'
      ? reader.take().value
      : as || reader.isName()
        ? reader.name('a name')
        : undefined;
  return { at, expr, alias, name: alias ?? (expr.kind === 'column' ? expr.name : written) };
}

/** `*`, `t.*` */
function starOf(reader: Reader): SelectItem['expr'] | undefined {
  const node = reader.node;
  if (reader.acceptSymbol('*')) return { kind: 'star', ...node, qualifier: [], columns: [] };
  if (!reader.isName() || !reader.isSymbolAt(1, '.') || !reader.isSymbolAt(2, '*')) return undefined;
  const qualifier = [reader.name('a table')];
  reader.take();
  reader.take();
  return { kind: 'star', ...node, qualifier, columns: [] };
}

function limitOf(reader: Reader): Limit | undefined {
  if (reader.isWord('fetch')) throw reader.refuse('MySQL has no FETCH', { hint: 'Use LIMIT.' });
  if (!reader.accept('limit')) return undefined;
  const first = count(reader);
  if (reader.acceptSymbol(',')) return { count: count(reader), offset: first };
  return { count: first, offset: reader.accept('offset') ? count(reader) : undefined };
}

function count(reader: Reader): Limit['count'] {
  const { kind, value } = reader.peek();
  if (kind !== 'param' && !(kind === 'number' && /^\d+$/.test(value))) {
    throw reader.unexpected('a whole number or a placeholder');
  }
  return reader.grammar.simple(reader);
}
