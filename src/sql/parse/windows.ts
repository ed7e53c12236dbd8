import type { Frame, FrameBound, NamedWindow, OrderItem, Window } from '../ast.ts';
import { interval } from './intervals.ts';
import type { Reader } from './reader.ts';

/** `ORDER BY …`, or nothing. */
export function orderBy(reader: Reader): OrderItem[] {
  if (!reader.accept('order', 'by')) return [];
  return reader.list(() => {
    const expr = reader.grammar.expression(reader);
    const descending = reader.accept('desc');
    if (!descending) reader.accept('asc');
    return { expr, descending, item: undefined };
  });
}

/** `OVER …`, if it is next. */
export function over(reader: Reader): Window | undefined {
  if (reader.isWord('respect', 'ignore') && reader.isWordAt(1, 'nulls')) {
    if (reader.isWord('ignore')) throw reader.refuse('IGNORE NULLS is not accepted');
    reader.take();
    reader.take();
  }
  if (!reader.accept('over')) return undefined;
  if (reader.isSymbol('(')) return reader.inBrackets(() => specification(reader));
  return { base: reader.name('a window'), partitionBy: [], orderBy: [], frame: undefined };
}

/** `WINDOW name AS (…), …`, or nothing. */
export function namedWindows(reader: Reader): NamedWindow[] {
  if (!reader.accept('window')) return [];
  return reader.list(() => {
    const name = reader.name('the name of a window');
    reader.expect('as');
    return { name, window: reader.inBrackets(() => specification(reader)) };
  });
}

function specification(reader: Reader): Window {
  const named = reader.isName() && !reader.isWord('partition', 'order', 'rows', 'range');
  const base = named ? reader.name('a window') : undefined;
  const partitionBy = reader.accept('partition', 'by')
    ? reader.list(() => reader.grammar.expression(reader))
    : [];
  return { base, partitionBy, orderBy: orderBy(reader), frame: frameOf(reader) };
}

function frameOf(reader: Reader): Frame | undefined {
  if (reader.isWord('groups')) throw reader.refuse('GROUPS is not accepted', { hint: 'Use ROWS or RANGE.' });
  const unit = reader.accept('rows') ? 'rows' : reader.accept('range') ? 'range' : undefined;
  if (unit === undefined) return undefined;
  let start: FrameBound;
  let end: FrameBound = { kind: 'currentRow' };
  if (reader.accept('between')) {
    start = bound(reader);
    reader.expect('and');
    end = bound(reader);
  } else start = bound(reader);
  if (reader.isWord('exclude')) throw reader.refuse('EXCLUDE is not accepted');
  return { unit, start, end };
}

function bound(reader: Reader): FrameBound {
  if (reader.accept('current')) {
    reader.expect('row');
    return { kind: 'currentRow' };
  }
  if (reader.accept('unbounded')) {
    if (reader.accept('preceding')) return { kind: 'unboundedPreceding' };
    reader.expect('following');
    return { kind: 'unboundedFollowing' };
  }
  const { amount, unit } = reader.isWord('interval')
    ? interval(reader)
    : { amount: reader.grammar.simple(reader), unit: undefined };
  if (reader.accept('preceding')) return { kind: 'preceding', amount, unit };
  reader.expect('following');
  return { kind: 'following', amount, unit };
}
