import { type Group, isQuery, isWord, type Node, symbol, word } from './tree.ts';
import { unsupported } from './unsupported.ts';

/**
 * SQLite knows no parentheses around the SELECTs of a UNION, INTERSECT or EXCEPT: `(select …) union (select …)` becomes
 * `select * from (select …) union select * from (select …)`.
 */
export function rewriteCompound(items: Node[]): Node[] {
  const operators = new Set(items.filter(isOperator).map((item) => item.value));
  if (operators.has('intersect') && operators.size > 1) {
    throw unsupported(
      'INTERSECT mixed with UNION or EXCEPT',
      'SQLite binds them differently; put parentheses',
    );
  }
  const only = items.length === 1 && items[0]?.kind === 'group' && isQuery(items[0].items);
  if (operators.size === 0 && !only) return items;
  const rewritten: Node[] = [];
  items.forEach((item, index) => {
    const before = items[index - 1];
    if (isWord(item, 'distinct') && isOperator(before)) return;
    const second = isOperator(before) || (isWord(before, 'all', 'distinct') && isOperator(items[index - 2]));
    const term = only || second || isOperator(items[index + 1]);
    if (item.kind === 'group' && isQuery(item.items) && term) rewritten.push(...fromGroup(item));
    else rewritten.push(item);
  });
  return rewritten;
}

function fromGroup(group: Group): Node[] {
  return [word('select'), symbol('*'), word('from'), group];
}

function isOperator(node: Node | undefined): node is Node & { value: string } {
  return isWord(node, 'union', 'intersect', 'except');
}
