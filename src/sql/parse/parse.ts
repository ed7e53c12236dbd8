import type { Query } from '../ast.ts';
import { expression, operand } from './expressions.ts';
import { query } from './queries.ts';
import { type Grammar, Reader } from './reader.ts';
import { simple } from './simple.ts';

/**
 * The tree of one SELECT, and the offset of its end, before a semicolon. Throws `invalid_config`
 * with the place for anything else.
 */
export function parse(text: string): { query: Query; end: number } {
  const reader = new Reader(text, GRAMMAR);
  const { kind, raw } = reader.peek();
  if (!(reader.isWord('select', 'with', 'values') || reader.isSymbol('('))) {
    throw reader.refuse(
      kind === 'end' ? 'there is no query' : `the query is not a SELECT but begins with ${raw}`,
      {
        hint: 'A segment is one SELECT of user ids: select id from users where …',
      },
    );
  }
  const parsed = query(reader);
  const end = reader.isSymbol(';') ? reader.at : text.length;
  const ended = reader.acceptSymbol(';');
  while (reader.acceptSymbol(';'));
  if (reader.peek().kind === 'end') return { query: parsed, end };
  if (reader.isSymbol(')')) throw reader.refuse('there is one ")" too many');
  if (ended) throw reader.refuse('there is more than one statement', { hint: 'A segment is one SELECT.' });
  throw reader.unexpected('the end of the query');
}

const GRAMMAR: Grammar = { expression, operand, simple, query };
