import type { Expr, Join, Source, TableRef, Using } from '../ast.ts';
import { queryInBrackets } from './expressions.ts';
import type { Reader } from './reader.ts';

/** The comma-separated tables after FROM. FROM DUAL has no tables. */
export function tables(reader: Reader): TableRef[] {
  if (reader.accept('dual')) return [];
  return reader.list(() => joined(reader));
}

/** `a JOIN b ON … JOIN c …`, from left to right. */
function joined(reader: Reader): TableRef {
  let left = factor(reader);
  while (true) {
    const { at } = reader;
    const found = joinWords(reader);
    if (!found) return left;
    // The right side of a join can itself be a join, before the outer ON: `a JOIN b JOIN c ON … ON
    // …`.
    const right = found.natural ? factor(reader) : rightSide(reader);
    left = { kind: 'join', at, left, right, ...condition(reader, found), natural: found.natural };
  }
}

function rightSide(reader: Reader): TableRef {
  const only = factor(reader);
  if (reader.isWord('on', 'using')) return only;
  return reader.attempt(() => nestedJoin(reader, only)) ?? only;
}

/** A join with its own ON, followed by the ON of the outer join. */
function nestedJoin(reader: Reader, first: TableRef): TableRef {
  let left = first;
  while (!reader.isWord('on', 'using')) {
    const { at } = reader;
    const found = joinWords(reader);
    if (!found || found.natural) throw reader.unexpected('ON');
    const right = rightSide(reader);
    left = { kind: 'join', at, left, right, ...condition(reader, found), natural: false };
  }
  return left;
}

interface JoinWords {
  join: Join['join'];
  natural: boolean;
}

function joinWords(reader: Reader): JoinWords | undefined {
  const natural = reader.accept('natural');
  if (reader.accept('straight_join')) return { join: 'inner', natural };
  if (reader.accept('join') || reader.accept('inner', 'join')) return { join: 'inner', natural };
  if (reader.accept('cross', 'join')) return { join: 'cross', natural };
  for (const join of ['left', 'right'] as const) {
    if (reader.accept(join, 'join') || reader.accept(join, 'outer', 'join')) return { join, natural };
  }
  if (natural) throw reader.unexpected('JOIN');
  return undefined;
}

function condition(
  reader: Reader,
  { join, natural }: JoinWords,
): { on: Expr | undefined; using: Using[]; join: Join['join'] } {
  if (natural) return { on: undefined, using: [], join };
  if (reader.accept('on')) {
    const on = reader.grammar.expression(reader);
    return { on, using: [], join: join === 'cross' ? 'inner' : join };
  }
  if (reader.accept('using')) {
    const names = reader.inBrackets(() =>
      reader.list(() => {
        const node = reader.node;
        return { ...node, name: reader.name('a column') };
      }),
    );
    const using = names.map((named) => ({
      name: named.name,
      left: unresolved(named),
      right: unresolved(named),
    }));
    return { on: undefined, using, join: join === 'cross' ? 'inner' : join };
  }
  if (join === 'left' || join === 'right') throw reader.unexpected('ON or USING');
  return { on: undefined, using: [], join: 'cross' };
}

function unresolved({ at, type, name }: Reader['node'] & { name: string }): Using['left'] {
  return { kind: 'column', at, type, qualifier: [], name, source: { kind: 'unresolved' } };
}

function factor(reader: Reader): TableRef {
  const { at } = reader;
  if (reader.isWord('json_table') && reader.isSymbolAt(1, '(')) return jsonTable(reader);
  const lateral = reader.accept('lateral');
  const query = queryInBrackets(reader);
  if (query) {
    reader.accept('as');
    if (!reader.isName()) {
      throw reader.refuse('a query in FROM needs a name', { at, hint: 'Write (select …) as t.' });
    }
    const name = reader.name('a name');
    const names = reader.isSymbol('(')
      ? reader.inBrackets(() => reader.list(() => reader.name('a column')))
      : undefined;
    return { kind: 'derived', at, name, columns: [], query, names, lateral };
  }
  if (lateral) throw reader.unexpected('a query in brackets after LATERAL');
  if (reader.isSymbol('(')) {
    return reader.nested(() =>
      reader.inBrackets(() => {
        const refs = reader.list(() => joined(reader));
        return refs.reduce((left, right) => ({
          ...{ kind: 'join', at, join: 'cross', left, right },
          ...{ on: undefined, using: [], natural: false },
        }));
      }),
    );
  }
  return table(reader);
}

function table(reader: Reader): Source {
  const { at } = reader;
  const table = reader.name('a table');
  if (reader.isSymbol('.')) {
    throw reader.refuse('a table of another database is not accepted', {
      at,
      hint: 'Write the table alone: users.',
    });
  }
  if (reader.isWord('partition') && reader.isSymbolAt(1, '('))
    throw reader.refuse('PARTITION is not accepted');
  const alias = tableAlias(reader);
  indexHints(reader);
  return { kind: 'table', at, name: alias ?? table, columns: [], table, alias, cte: undefined };
}

function tableAlias(reader: Reader): string | undefined {
  if (reader.accept('as')) return reader.name('a name');
  return reader.isName() ? reader.name('a name') : undefined;
}

function indexHints(reader: Reader): void {
  while (reader.isWord('use', 'force', 'ignore') && reader.isWordAt(1, 'index', 'key')) {
    reader.take();
    reader.take();
    if (reader.accept('for')) {
      if (!reader.accept('join') && !reader.accept('order', 'by')) reader.expect('group', 'by');
    }
    reader.inBrackets(() => {
      if (!reader.isSymbol(')')) {
        reader.list(() => (reader.accept('primary') ? 'primary' : reader.name('an index')));
      }
    });
    reader.acceptSymbol(',');
  }
}

/** Only the columns' names and the brackets are read. */
function jsonTable(reader: Reader): Source {
  const { at } = reader;
  reader.take();
  const { doc, path, names } = reader.inBrackets(() => {
    const doc = reader.grammar.expression(reader);
    reader.expectSymbol(',');
    const token = reader.take();
    if (token.kind !== 'string') throw reader.refuse('JSON_TABLE takes a path in quotes', { at: token.at });
    reader.expect('columns');
    return { doc, path: token.value, names: jsonColumns(reader) };
  });
  reader.accept('as');
  const name = reader.name('a name for JSON_TABLE');
  const columns = names.map((column) => ({ name: column, type: reader.node.type, exprs: [] }));
  return { kind: 'jsonTable', at, name, columns, doc, path };
}

function jsonColumns(reader: Reader): string[] {
  return reader
    .inBrackets(() =>
      reader.list((): string[] => {
        if (reader.accept('nested')) {
          reader.accept('path');
          reader.take();
          reader.expect('columns');
          return jsonColumns(reader);
        }
        const name = reader.name('a column');
        for (let open = 0; open > 0 || !reader.isSymbol(',', ')'); ) {
          const { kind, value } = reader.take();
          if (kind === 'end') throw reader.unexpected('")"');
          if (kind === 'symbol') open += value === '(' ? 1 : value === ')' ? -1 : 0;
        }
        return [name];
      }),
    )
    .flat();
}
