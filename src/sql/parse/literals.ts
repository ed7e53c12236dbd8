import type { Expr, TemporalLiteral } from '../ast.ts';
import type { Reader } from './reader.ts';

/** A literal or a placeholder, if one is next. */
export function literal(reader: Reader): Expr | undefined {
  const node = reader.node;
  const token = reader.peek();
  switch (token.kind) {
    case 'number':
      reader.take();
      return { kind: 'number', ...node, text: token.value.toLowerCase() };
    case 'string':
      reader.take();
      return { kind: 'string', ...node, value: token.value };
    case 'bytes':
      reader.take();
      return { kind: 'bytes', ...node, hex: token.value.toLowerCase() };
    case 'param':
      reader.take();
      // Its number and value are filled in after the whole text has been read.
      return { kind: 'param', ...node, index: -1, value: null };
    case 'word':
      return ofWord(reader);
    default:
      return undefined;
  }
}

function ofWord(reader: Reader): Expr | undefined {
  const node = reader.node;
  if (reader.accept('null')) return { kind: 'null', ...node };
  if (reader.accept('true')) return { kind: 'boolean', ...node, value: true };
  if (reader.accept('false')) return { kind: 'boolean', ...node, value: false };
  if (reader.isWord('date', 'time', 'timestamp') && reader.peek(1).kind === 'string') {
    const unit = reader.take().value as TemporalLiteral['unit'];
    const { value } = reader.take();
    return { kind: 'temporal', ...node, unit, value };
  }
  return undefined;
}
