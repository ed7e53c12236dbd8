import { rewriteCalls } from './calls.ts';
import { rewriteComparisons } from './comparisons.ts';
import { rewriteCompound } from './compound.ts';
import { rewriteIntervals } from './intervals.ts';
import { rewriteJson } from './json-access.ts';
import { rewriteJsonComparisons } from './json-comparisons.ts';
import type { Rewriting } from './operands.ts';
import { rewriteOperators } from './operators.ts';
import { refuseRawJson } from './raw-json.ts';
import { sqliteJson } from './sqlite-json.ts';
import type { Node } from './tree.ts';

/** A MySQL statement as the SQLite statement with the same answer. Throws `store_unsupported` or `invalid_config`. */
export function rewrite(items: Node[], rewriting: Rewriting, call?: string): Node[] {
  // The order matters: each step finds the operands of its operators as single nodes made by the ones before.
  let list = items.map((item) => descend(item, rewriting));
  list = rewriteCompound(list);
  list = rewriteCalls(list);
  list = rewriteJson(list);
  list = rewriteIntervals(list);
  list = rewriteJsonComparisons(list, rewriting.params, sqliteJson);
  refuseRawJson(list, 'the embedded store', call);
  list = rewriteOperators(list);
  return rewriteComparisons(list, rewriting);
}

function descend(node: Node, rewriting: Rewriting): Node {
  switch (node.kind) {
    case 'group':
    case 'run':
      return { ...node, items: rewrite(node.items, rewriting) };
    case 'call':
      return { ...node, args: rewrite(node.args, rewriting, node.name) };
    default:
      return node;
  }
}
