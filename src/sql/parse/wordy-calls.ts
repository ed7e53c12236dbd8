import type { Expr, Trim, Unit } from '../ast.ts';
import { castType } from './casts.ts';
import { interval, unit } from './intervals.ts';
import type { Reader } from './reader.ts';

/** Calls with keywords between their arguments, and calls that are really operators. */
export const WORDY: Record<string, (reader: Reader) => Expr> = {
  cast(reader) {
    const node = begin(reader);
    const operand = reader.grammar.expression(reader);
    if (reader.isWord('at')) throw reader.refuse('CAST(… AT TIME ZONE …) is not accepted');
    reader.expect('as');
    const to = castType(reader);
    if (reader.isWord('array')) throw reader.refuse('CAST(… AS … ARRAY) is for indexes only');
    reader.expectSymbol(')');
    return { kind: 'cast', ...node, operand, to };
  },
  convert(reader) {
    const node = begin(reader);
    const operand = reader.grammar.expression(reader);
    if (reader.accept('using')) {
      const charset = reader.isWord('binary')
        ? reader.take().value
        : reader.name('a character set').toLowerCase();
      reader.expectSymbol(')');
      return { kind: 'convertUsing', ...node, operand, charset };
    }
    reader.expectSymbol(',');
    const to = castType(reader);
    reader.expectSymbol(')');
    return { kind: 'cast', ...node, operand, to };
  },
  extract(reader) {
    const node = begin(reader);
    const part = unit(reader);
    reader.expect('from');
    const operand = reader.grammar.expression(reader);
    reader.expectSymbol(')');
    return { kind: 'extract', ...node, unit: part, operand };
  },
  trim(reader) {
    const node = begin(reader);
    const side = reader.accept('leading')
      ? 'leading'
      : reader.accept('trailing')
        ? 'trailing'
        : reader.accept('both')
          ? 'both'
          : undefined;
    const first = side !== undefined && reader.isWord('from') ? undefined : reader.grammar.expression(reader);
    const operand = reader.accept('from') ? reader.grammar.expression(reader) : undefined;
    if (side !== undefined && operand === undefined) throw reader.unexpected('FROM');
    reader.expectSymbol(')');
    const remove = operand === undefined ? undefined : first;
    return trimOf(node, { side: side ?? 'both', remove, operand: operand ?? first! });
  },
  ltrim: (reader) => trimOf(...oneSide(reader, 'leading')),
  rtrim: (reader) => trimOf(...oneSide(reader, 'trailing')),
  position(reader) {
    const node = begin(reader);
    const part = reader.grammar.operand(reader);
    reader.expect('in');
    const whole = reader.grammar.expression(reader);
    reader.expectSymbol(')');
    return { kind: 'call', ...node, name: 'locate', args: [part, whole] };
  },
  // INSTR takes its arguments in the opposite order from LOCATE.
  instr(reader) {
    const node = begin(reader);
    const whole = reader.grammar.expression(reader);
    reader.expectSymbol(',');
    const part = reader.grammar.expression(reader);
    reader.expectSymbol(')');
    return { kind: 'call', ...node, name: 'locate', args: [part, whole] };
  },
  substring,
  substr: substring,
  mid: substring,
  mod(reader) {
    const node = begin(reader);
    const left = reader.grammar.expression(reader);
    reader.expectSymbol(',');
    const right = reader.grammar.expression(reader);
    reader.expectSymbol(')');
    return { kind: 'arithmetic', ...node, op: '%', left, right };
  },
  char(reader) {
    const node = begin(reader);
    const args = reader.list(() => reader.grammar.expression(reader));
    const charset = reader.accept('using') ? reader.name('a character set').toLowerCase() : undefined;
    reader.expectSymbol(')');
    const call: Expr = { kind: 'call', ...node, name: 'char', args };
    return charset === undefined ? call : { kind: 'convertUsing', ...node, operand: call, charset };
  },
  timestampdiff(reader) {
    const node = begin(reader);
    const part = simpleUnit(reader);
    reader.expectSymbol(',');
    const from = reader.grammar.expression(reader);
    reader.expectSymbol(',');
    const to = reader.grammar.expression(reader);
    reader.expectSymbol(')');
    return { kind: 'timestampDiff', ...node, unit: part, from, to };
  },
  timestampadd(reader) {
    const node = begin(reader);
    const part = simpleUnit(reader);
    reader.expectSymbol(',');
    const amount = reader.grammar.expression(reader);
    reader.expectSymbol(',');
    const operand = reader.grammar.expression(reader);
    reader.expectSymbol(')');
    return { kind: 'dateArithmetic', ...node, op: '+', operand, amount, unit: part };
  },
  date_add: (reader) => dateArithmetic(reader, '+', false),
  date_sub: (reader) => dateArithmetic(reader, '-', false),
  adddate: (reader) => dateArithmetic(reader, '+', true),
  subdate: (reader) => dateArithmetic(reader, '-', true),
  json_table(reader) {
    throw reader.refuse('JSON_TABLE() is allowed only in FROM');
  },
};

/** Consumes the name and the bracket. */
function begin(reader: Reader): Reader['node'] {
  const node = reader.node;
  reader.take();
  reader.expectSymbol('(');
  return node;
}

function oneSide(
  reader: Reader,
  side: Trim['side'],
): [Reader['node'], { side: Trim['side']; remove: undefined; operand: Expr }] {
  const node = begin(reader);
  const operand = reader.grammar.expression(reader);
  reader.expectSymbol(')');
  return [node, { side, remove: undefined, operand }];
}

function trimOf(node: Reader['node'], parts: Pick<Trim, 'side' | 'remove' | 'operand'>): Trim {
  return { kind: 'trim', ...node, ...parts };
}

function substring(reader: Reader): Expr {
  const node = begin(reader);
  const args = [reader.grammar.expression(reader)];
  if (reader.accept('from')) {
    args.push(reader.grammar.expression(reader));
    if (reader.accept('for')) args.push(reader.grammar.expression(reader));
  } else {
    while (reader.acceptSymbol(',')) args.push(reader.grammar.expression(reader));
    if (args.length < 2 || args.length > 3) {
      throw reader.refuse(`SUBSTRING() takes 2 to 3 arguments, not ${args.length}`, node);
    }
  }
  reader.expectSymbol(')');
  return { kind: 'call', ...node, name: 'substring', args };
}

function simpleUnit(reader: Reader): Unit {
  const { at } = reader;
  const found = unit(reader);
  if (found.includes('_')) throw reader.refuse('this function takes one unit such as DAY', { at });
  return found;
}

/** `bareDays`: a plain number as the second argument means days. */
function dateArithmetic(reader: Reader, op: '+' | '-', bareDays: boolean): Expr {
  const node = begin(reader);
  const operand = reader.grammar.expression(reader);
  reader.expectSymbol(',');
  const { amount, unit } =
    bareDays && !reader.isWord('interval')
      ? { amount: reader.grammar.expression(reader), unit: 'day' as const }
      : interval(reader);
  reader.expectSymbol(')');
  return { kind: 'dateArithmetic', ...node, op, operand, amount, unit };
}
