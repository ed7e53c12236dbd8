import { operandAfter } from './operands.ts';
import { refuse } from './tokens.ts';
import { call, isSymbol, isWord, type Node, string } from './tree.ts';

/** `time + interval n unit`, `time - interval n unit` and `interval n unit + time` as calls. */
export function rewriteIntervals(items: Node[]): Node[] {
  const rewritten: Node[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    // As the last argument of DATE_ADD and its kin it is theirs.
    const argument = rewritten.length === 0 || isSymbol(rewritten.at(-1), ',');
    if (!isWord(item, 'interval') || items[i + 1] === undefined || (argument && !isAddedTo(items, i))) {
      rewritten.push(item);
      continue;
    }
    const { size } = operandAfter(items, i + 1);
    const amount = items.slice(i + 1, i + 1 + size);
    const unit = items[i + 1 + size];
    if (unit?.kind !== 'word') throw refuse('an INTERVAL ends with a unit such as DAY');
    i += 1 + size;
    const sign = rewritten.at(-1);
    if (isSymbol(sign, '+', '-') && rewritten.length > 1) {
      rewritten.pop();
      const time = rewritten.pop()!;
      const name = isSymbol(sign, '-') ? 'mysql_date_sub' : 'mysql_date_add';
      rewritten.push(call(name, [time], amount, [string(unit.value)]));
    } else if (isSymbol(items[i + 1], '+')) {
      const time = items[i + 2];
      if (time === undefined) throw refuse('INTERVAL … + lacks a time');
      i += 2;
      rewritten.push(call('mysql_interval_add', amount, [string(unit.value)], [time]));
    } else {
      throw refuse('an INTERVAL is added to or subtracted from a time');
    }
  }
  return rewritten;
}

/** `interval n unit + …` */
function isAddedTo(items: Node[], at: number): boolean {
  const { size } = operandAfter(items, at + 1);
  return items[at + 1 + size]?.kind === 'word' && isSymbol(items[at + 2 + size], '+');
}
