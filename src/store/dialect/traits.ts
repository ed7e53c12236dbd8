import { membershipIsOwn } from './own-rows.ts';
import { isWord, type Node, walk } from './tree.ts';

/** What can be told of a SELECT from its text. In doubt `ownRowsOnly` is false, which is slower, never wrong. */
export function traitsOf(tree: Node[]): { readsClock: boolean; readsEvents: boolean; ownRowsOnly: boolean } {
  const nodes = [...walk(tree)];
  return {
    readsClock: nodes.some(readsClock),
    readsEvents: nodes.some((node) => lastName(node)?.toLowerCase() === 'events'),
    ownRowsOnly: membershipIsOwn(tree),
  };
}

const CLOCK_CALLS = new Set(
  `now sysdate curdate curtime current_timestamp current_date current_time localtime localtimestamp utc_timestamp utc_date utc_time
   rand uuid`.split(/\s+/),
);
const CLOCK_WORDS =
  'current_timestamp current_date current_time localtime localtimestamp utc_timestamp utc_date utc_time';

function readsClock(node: Node): boolean {
  if (node.kind === 'call') {
    return CLOCK_CALLS.has(node.name) || (node.name === 'unix_timestamp' && node.args.length === 0);
  }
  return isWord(node, ...CLOCK_WORDS.split(' '));
}

function lastName(node: Node): string | undefined {
  if (node.kind === 'column') return node.parts.at(-1);
  return node.kind === 'word' || node.kind === 'name' ? node.value : undefined;
}
