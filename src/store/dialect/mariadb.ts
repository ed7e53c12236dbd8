import { refuse } from './tokens.ts';
import { call, isSymbol, type Node } from './tree.ts';

/** A SELECT written for MySQL as the one that MariaDB answers alike. */
export function rewriteForMariadb(items: Node[], _params: readonly unknown[]): Node[] {
  return foldArrows(items.map(descend));
}

function descend(node: Node): Node {
  switch (node.kind) {
    case 'group':
    case 'run':
      return { ...node, items: rewriteForMariadb(node.items, []) };
    case 'call':
      return { ...node, args: rewriteForMariadb(node.args, []) };
    default:
      return node;
  }
}

/** MariaDB has no `->` and `->>`; MySQL defines them by the functions that both have. */
function foldArrows(items: Node[]): Node[] {
  const folded: Node[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (!isSymbol(item, '->', '->>')) {
      folded.push(item);
      continue;
    }
    const doc = folded.pop();
    const path = items[++i];
    if (doc === undefined) throw refuse(`${item.value} has no column on its left`);
    if (path?.kind !== 'string') {
      throw refuse(
        `${item.value} takes a path in quotes, such as '$.plan'`,
        'For a computed path use JSON_EXTRACT.',
      );
    }
    const extracted = call('json_extract', [doc], [path]);
    folded.push(item.value === '->>' ? call('json_unquote', [extracted]) : extracted);
  }
  return folded;
}
