import type { SegmentTraits } from '../../engine/ports/segments.ts';
import { eventNames, isEvents } from './event-names.ts';
import { membershipIsOwn } from './own-rows.ts';
import { isWord, type Node, walk } from './tree.ts';

/** What can be told of a SELECT from its text. In doubt it depends on more than it does, which is slower, never wrong. */
export function traitsOf(tree: Node[], params: readonly unknown[]): SegmentTraits {
  const nodes = [...walk(tree)];
  const names = eventNames(tree, params);
  return {
    readsClock: nodes.some(readsClock),
    readsEvents: nodes.some(isEvents),
    ...(names && { eventNames: names }),
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
