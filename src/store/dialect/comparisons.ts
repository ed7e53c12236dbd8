import { formatDateTime, parseDateTime } from './datetimes.ts';
import { isDateTime, isJsonText, isNumeric, isTemporal, type Rewriting } from './operands.ts';
import { call, isQuery, isSymbol, isWord, type Node, number, splitCommas, string, symbol } from './tree.ts';

/**
 * MySQL converts what it compares: text against a number becomes a number, text against a time becomes a time. SQLite
 * compares types first and text as text, so the conversion is written out.
 */
export function rewriteComparisons(items: Node[], rewriting: Rewriting): Node[] {
  const list = [...items];
  for (let i = 1; i < list.length; i++) {
    const item = list[i]!;
    if (isSymbol(item, '=', '<', '>', '<=', '>=', '<>', '!=') || isWord(item, 'is')) {
      const right = isSymbol(list[i + 1], '-', '+') ? i + 2 : i + 1;
      if (list[right] !== undefined) align(list, [i - 1, right], rewriting);
    } else if (isWord(item, 'between')) {
      const left = isWord(list[i - 1], 'not') ? i - 2 : i - 1;
      const and = list.findIndex((node, index) => index > i && isWord(node, 'and'));
      if (left >= 0 && and > 0) align(list, [left, i + 1, and + 1], rewriting);
    } else if (isWord(item, 'in')) {
      const left = isWord(list[i - 1], 'not') ? i - 2 : i - 1;
      const group = list[i + 1];
      if (left >= 0 && group?.kind === 'group' && !isQuery(group.items))
        alignList(list, left, i + 1, rewriting);
    }
  }
  return list;
}

/** Writes out the conversions between the operands at these places. */
function align(list: Node[], places: number[], rewriting: Rewriting): void {
  const nodes = places.map((place) => list[place]!);
  if (nodes.some((node) => isNumeric(node, rewriting.params))) {
    for (const place of places) if (isJsonText(list[place])) list[place] = asNumber(list[place]!);
  } else if (nodes.some(isTemporal)) {
    for (const place of places) if (!isDateTime(list[place])) list[place] = asTime(list[place]!, rewriting);
  }
}

function alignList(list: Node[], left: number, right: number, rewriting: Rewriting): void {
  const group = list[right] as Node & { kind: 'group' };
  const members = splitCommas(group.items);
  const nodes = members.map((member) => member.at(-1)!);
  if (
    isJsonText(list[left]) &&
    nodes.length > 0 &&
    nodes.every((node) => isNumeric(node, rewriting.params))
  ) {
    list[left] = asNumber(list[left]!);
  } else if (isTemporal(list[left])) {
    if (!isDateTime(list[left])) list[left] = asTime(list[left]!, rewriting);
    const items = members.flatMap((member, index) => [
      ...(index === 0 ? [] : [symbol(',')]),
      ...(member.length === 1 ? [asTime(member[0]!, rewriting)] : member),
    ]);
    list[right] = { kind: 'group', items };
  }
}

function asNumber(node: Node): Node {
  return { kind: 'group', items: [node, symbol('+'), number(0)] };
}

function asTime(node: Node, rewriting: Rewriting): Node {
  if (node.kind === 'string') {
    const ms = parseDateTime(node.value);
    return ms === undefined ? node : string(formatDateTime(ms) ?? node.value);
  }
  if (node.kind === 'param') {
    rewriting.times.add(node.index!);
    return node;
  }
  const convertible = node.kind === 'json' || node.kind === 'call';
  return convertible ? call('mysql_datetime', [node]) : node;
}
