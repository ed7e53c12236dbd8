import { type Group, isQuery, isSymbol, isWord, type Node, splitCommas } from './tree.ts';

/** A SELECT taken apart at its clauses. */
export interface SelectParts {
  columns: Node[];
  from: Node[];
  where: Node[];
  groupBy: Node[];
  having: Node[];
  orderBy: Node[];
}

export interface QueryParts {
  /** `with name as (query)`, in order. */
  ctes: { name: string; columns: string[] | undefined; query: Node[] }[];
  /** The SELECTs that UNION, INTERSECT and EXCEPT connect; a group is a query of its own. */
  terms: (Node[] | Group)[];
  /** A LIMIT applies to all of them together. */
  limited: boolean;
}

export const LIMITS = ['limit', 'offset', 'fetch'];

export function queryParts(items: Node[]): QueryParts {
  const { ctes, rest } = readCtes(items);
  const terms: QueryParts['terms'] = [];
  let term: Node[] = [];
  let limited = false;
  const close = () => {
    const [first] = term;
    if (first?.kind === 'group' && isQuery(first.items)) {
      terms.push(first);
      limited ||= term.some((item) => isWord(item, ...LIMITS));
    } else if (term.length > 0) terms.push(term);
    term = [];
  };
  for (const [index, item] of rest.entries()) {
    if (isWord(item, 'union', 'intersect', 'except')) close();
    else if (isWord(item, 'all', 'distinct') && isWord(rest[index - 1], 'union', 'intersect', 'except'))
      continue;
    else term.push(item);
  }
  close();
  return {
    ctes,
    terms,
    limited: limited || (terms.length > 1 && rest.some((item) => isWord(item, ...LIMITS))),
  };
}

/** What follows the clauses named here (LIMIT, WINDOW, FOR) is not looked at. */
export function selectParts(items: Node[]): SelectParts {
  const parts: SelectParts = { columns: [], from: [], where: [], groupBy: [], having: [], orderBy: [] };
  let current: Node[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (isWord(item, 'select')) current = parts.columns;
    else if (isWord(item, 'from')) current = parts.from;
    else if (isWord(item, 'where')) current = parts.where;
    else if (isWord(item, 'having')) current = parts.having;
    else if (isWord(item, 'group', 'order') && isWord(items[i + 1], 'by')) {
      current = item.value === 'group' ? parts.groupBy : parts.orderBy;
      i++;
    } else if (isWord(item, 'distinct', 'all', 'straight_join') && current.length === 0) continue;
    else current.push(item);
  }
  return parts;
}

/** The conditions that all hold: those that AND connects, groups of them opened. None when there is an OR beside them. */
export function conjuncts(items: Node[]): Node[][] {
  if (items.some((item) => isWord(item, 'or', 'xor') || isSymbol(item, '||'))) return [];
  const parts: Node[][] = [[]];
  let between = false;
  for (const item of items) {
    if (isWord(item, 'between')) between = true;
    if (isWord(item, 'and') && between) between = false;
    else if (isWord(item, 'and') || isSymbol(item, '&&')) {
      parts.push([]);
      continue;
    }
    parts.at(-1)!.push(item);
  }
  return parts.flatMap((part) => {
    const [only] = part;
    return part.length === 1 && only?.kind === 'group' && !isQuery(only.items)
      ? conjuncts(only.items)
      : [part];
  });
}

function readCtes(items: Node[]): { ctes: QueryParts['ctes']; rest: Node[] } {
  const ctes: QueryParts['ctes'] = [];
  if (!isWord(items[0], 'with')) return { ctes, rest: items };
  let at = 1;
  while (at < items.length) {
    const head = items[at]!;
    let columns: string[] | undefined;
    let name = '';
    // An unquoted name with its columns looks like a call.
    if (head.kind === 'call') {
      name = head.name;
      columns = names(head.args);
    } else if (head.kind === 'word' || head.kind === 'name') {
      name = head.value;
      const list = items[at + 1];
      if (list?.kind === 'group') {
        columns = names(list.items);
        at++;
      }
    }
    const query = items[at + 2];
    if (!isWord(items[at + 1], 'as') || query?.kind !== 'group') break;
    ctes.push({ name: name.toLowerCase(), columns, query: query.items });
    at += 3;
    if (!isSymbol(items[at], ',')) break;
    at++;
  }
  return { ctes, rest: items.slice(at) };
}

function names(items: Node[]): string[] {
  return splitCommas(items).map(([item]) => (item && 'value' in item ? item.value.toLowerCase() : ''));
}
