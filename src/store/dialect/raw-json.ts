import { SegflowError } from '../../core/errors.ts';
import { isSymbol, isWord, type JsonAccess, type Node } from './tree.ts';

/**
 * Refuses, with `store_unsupported`, JSON where MySQL converts it by rules of its own that nobody means: `where attributes->'$.vip'`
 * selects whose vip is false, too. `inCall` names the function whose arguments `items` are.
 */
export function refuseRawJson(items: Node[], store: string, inCall: string | undefined): void {
  items.forEach((item, at) => {
    if (item.kind !== 'json' || item.unquotes) return;
    const [left, right] = [items[at - 1], items[at + 1]];
    const alone =
      (left === undefined || isSymbol(left, ',')) && (right === undefined || isSymbol(right, ','));
    if (inCall !== undefined && alone && CHOICES.has(inCall)) {
      throw refused(item, `as an argument of ${inCall.toUpperCase()}()`, store, UNQUOTE);
    }
    const negation = isWord(right, 'is') && isWord(items[at + 2], 'not') ? 1 : 0;
    if (isWord(right, 'is') && isWord(items[at + 2 + negation], 'true', 'false', 'unknown')) {
      throw refused(item, 'with IS TRUE', store, COMPARE);
    }
    if (isWord(left, 'case') && isWord(right, 'when'))
      throw refused(item, 'as the value of CASE', store, UNQUOTE);
    const begins = isWord(left, ...CONDITION) || isSymbol(left, '&&', '||', '!');
    const ends = right === undefined || isWord(right, ...CONDITION_END) || isSymbol(right, '&&', '||');
    if (begins && ends) throw refused(item, 'as a condition', store, COMPARE);
  });
}

const COMPARE = "Compare it: attributes->'$.vip' = true.";
const UNQUOTE = "Take its text, with ->>, or compare it first: attributes->'$.vip' = true.";

/** Functions that give one of their arguments, or look whether one is true. */
const CHOICES = new Set([
  'coalesce',
  'ifnull',
  'if',
  'nullif',
  'greatest',
  'least',
  'isnull',
  'mysql_isnull',
]);
const CONDITION = ['where', 'and', 'or', 'xor', 'not', 'on', 'having', 'when'];
const CONDITION_END = [
  'and',
  'or',
  'xor',
  'group',
  'order',
  'limit',
  'having',
  'then',
  'union',
  'except',
  'intersect',
];

function refused({ path }: JsonAccess, where: string, store: string, hint: string): SegflowError {
  const shown = path.kind === 'string' ? ` (${path.value})` : '';
  return new SegflowError('store_unsupported', `JSON${shown} ${where} is not supported by ${store}`, {
    hint,
  });
}
