import type { Clock, Expr, OrderItem } from '../ast.ts';
import { AGGREGATES, FUNCTIONS, REFUSED_FUNCTIONS, SYNONYMS, WINDOW_FUNCTIONS } from '../functions.ts';
import { asAccess, jsonPath } from './arrows.ts';
import type { Reader } from './reader.ts';
import { orderBy, over } from './windows.ts';
import { WORDY } from './wordy-calls.ts';

/** A function call, if one is next. Throws for unknown functions. */
export function call(reader: Reader): Expr | undefined {
  const { kind, value } = reader.peek();
  if (kind !== 'word') return undefined;
  const clock = CLOCKS[value];
  if (clock && (clock.bare || reader.isSymbolAt(1, '('))) return clockOf(reader, clock.what);
  if (!reader.isSymbolAt(1, '(') || NO_FUNCTIONS.has(value)) return undefined;
  const wordy = WORDY[value];
  if (wordy) return wordy(reader);
  const name = SYNONYMS.get(value) ?? value;
  if (AGGREGATES.has(name) || WINDOW_FUNCTIONS.has(name)) return aggregate(reader, name);
  return plainCall(reader, name);
}

/** Functions of the current time; the `bare` ones need no brackets. */
const CLOCKS: Record<string, { what: Clock['what']; bare: boolean }> = {
  now: { what: 'now', bare: false },
  sysdate: { what: 'now', bare: false },
  current_timestamp: { what: 'now', bare: true },
  localtime: { what: 'now', bare: true },
  localtimestamp: { what: 'now', bare: true },
  utc_timestamp: { what: 'now', bare: true },
  curdate: { what: 'date', bare: false },
  current_date: { what: 'date', bare: true },
  utc_date: { what: 'date', bare: true },
  curtime: { what: 'time', bare: false },
  current_time: { what: 'time', bare: true },
  utc_time: { what: 'time', bare: true },
};

/** Words that may precede a bracket without being a function call. */
const NO_FUNCTIONS = new Set([
  'in',
  'and',
  'or',
  'not',
  'case',
  'when',
  'select',
  'interval',
  'exists',
  'row',
]);

function clockOf(reader: Reader, what: Clock['what']): Clock {
  const node = reader.node;
  reader.take();
  if (!reader.acceptSymbol('(')) return { kind: 'clock', ...node, what, fsp: 0 };
  const digits = reader.peek().kind === 'number' ? Number(reader.take().value) : 0;
  reader.expectSymbol(')');
  if (!Number.isInteger(digits) || digits > 6)
    throw reader.refuse('a time has 0 to 6 digits of a second', node);
  return { kind: 'clock', ...node, what, fsp: digits };
}

function plainCall(reader: Reader, name: string): Expr {
  const node = reader.node;
  const { raw } = reader.take();
  const args = reader.inBrackets(() =>
    reader.isSymbol(')') ? [] : reader.list(() => reader.grammar.expression(reader)),
  );
  if (name === 'unix_timestamp' && args.length === 0) return { kind: 'clock', ...node, what: 'unix', fsp: 0 };
  const counts = FUNCTIONS.get(name);
  if (!counts) throw unknownFunction(reader, raw, node.at);
  checkCount(reader, { name: raw, counts, given: args.length, at: node.at });
  checkPairs(reader, name, args.length);
  if (name === 'json_value') {
    const path = args[1]!;
    if (path.kind !== 'string') throw reader.refuse('JSON_VALUE() takes a path in quotes', { at: path.at });
    jsonPath(reader, path.value, path.at);
  }
  return asAccess(reader, { kind: 'call', ...node, name, args });
}

function unknownFunction(reader: Reader, raw: string, at: number): Error {
  const why = REFUSED_FUNCTIONS.get(raw.toLowerCase());
  const shown = raw.toUpperCase();
  return why === undefined
    ? reader.refuse(`there is no function ${shown}() for segments`, {
        at,
        hint: 'Use MySQL functions whose result depends only on their arguments.',
      })
    : reader.refuse(`${shown}() is not accepted: ${why}`, { at });
}

function aggregate(reader: Reader, name: string): Expr {
  const node = reader.node;
  const { raw } = reader.take();
  const { distinct, args, ordered, separator } = reader.inBrackets(() => {
    const distinct = reader.accept('distinct');
    if (name === 'count' && reader.isSymbol('*')) {
      const star: Expr = { kind: 'star', ...reader.node, qualifier: [], columns: [] };
      reader.take();
      return { distinct, args: [star], ordered: [] as OrderItem[], separator: undefined };
    }
    const args = reader.isSymbol(')') ? [] : reader.list(() => reader.grammar.expression(reader));
    const ordered = name === 'group_concat' ? orderBy(reader) : [];
    return { distinct, args, ordered, separator: name === 'group_concat' ? separatorOf(reader) : undefined };
  });
  const counts = AGGREGATES.get(name) ?? WINDOW_FUNCTIONS.get(name)!;
  checkCount(reader, { name: raw, counts, given: args.length, at: node.at });
  if (args.length > 1 && name === 'count' && !distinct) {
    throw reader.refuse('COUNT() of several values needs DISTINCT', node);
  }
  const parts = { ...node, name, distinct, args, orderBy: ordered, separator };
  const window = over(reader);
  if (window) return { kind: 'window', ...parts, over: window };
  if (WINDOW_FUNCTIONS.has(name)) throw reader.unexpected(`OVER after ${raw.toUpperCase()}()`);
  return { kind: 'aggregate', ...parts };
}

function separatorOf(reader: Reader): string | undefined {
  if (!reader.accept('separator')) return undefined;
  const token = reader.take();
  if (token.kind !== 'string') throw reader.refuse('SEPARATOR takes a text', { at: token.at });
  return token.value;
}

/** Functions that take pairs: a key or path, and a value. */
function checkPairs(reader: Reader, name: string, given: number): void {
  const odd = ['json_set', 'json_insert', 'json_replace', 'json_array_append', 'json_array_insert'].includes(
    name,
  );
  if ((odd && given % 2 === 0) || (name === 'json_object' && given % 2 === 1)) {
    throw reader.refuse(`${name.toUpperCase()}() takes pairs of arguments; one is missing`);
  }
}

function checkCount(
  reader: Reader,
  { name, counts, given, at }: { name: string; counts: readonly [number, number]; given: number; at: number },
): void {
  const [least, most] = counts;
  if (given >= least && given <= most) return;
  const wanted =
    least === most
      ? `${least}`
      : most === Number.POSITIVE_INFINITY
        ? `${least} or more`
        : `${least} to ${most}`;
  throw reader.refuse(`${name.toUpperCase()}() takes ${wanted} arguments, not ${given}`, { at });
}
