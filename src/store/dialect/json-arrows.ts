import { isCall } from './operands.ts';
import { refuse } from './tokens.ts';
import { type Call, isSymbol, isWord, type Node } from './tree.ts';

/** What a store makes of MySQL's ways to look into JSON. */
export interface JsonReading {
  /** `doc -> path`, or `doc ->> path` when it unquotes; the path is a string. */
  access(doc: Node, path: Node, unquotes: boolean): Node;
  /** `value MEMBER OF(list)`. */
  memberOf(value: Node, list: Node[]): Node;
  call(node: Call): Node;
}

/** Operators on JSON as nodes of their own, each with its operands. Throws `invalid_config`. */
export function foldArrows(items: Node[], read: JsonReading): Node[] {
  const folded: Node[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (isSymbol(item, '->', '->>')) {
      const doc = folded.pop();
      const path = items[++i];
      if (doc === undefined) throw refuse(`${item.value} has no column on its left`);
      if (path?.kind !== 'string') {
        throw refuse(
          `${item.value} takes a path in quotes, such as '$.plan'`,
          'For a computed path use JSON_EXTRACT.',
        );
      }
      folded.push(read.access(doc, path, item.value === '->>'));
    } else if (isWord(item, 'member')) {
      const value = folded.pop();
      const array = isWord(items[i + 1], 'of') ? items[i + 2] : items[i + 1];
      const list = array?.kind === 'group' ? array.items : isCall(array, 'of') ? array.args : undefined;
      if (value === undefined || list === undefined)
        throw refuse('MEMBER OF is written: value MEMBER OF(json)');
      folded.push(read.memberOf(value, list));
      i += array?.kind === 'group' ? 2 : 1;
    } else folded.push(item.kind === 'call' ? read.call(item) : item);
  }
  return folded;
}
