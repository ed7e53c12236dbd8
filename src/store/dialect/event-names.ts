import { conjuncts, queryParts, selectParts } from './query-parts.ts';
import { fromClause, type Instance, resolve } from './scopes.ts';
import { inside, isQuery, isSymbol, isWord, type Node, walk } from './tree.ts';

/**
 * Names of the events that a SELECT can read: no other event changes what it selects. Undefined when it may read events of any
 * name, or when that cannot be told.
 *
 * It can be told when each use of the table is held to names that are written out, by `name = …` or `name in (…)`, in a
 * condition that always holds: in WHERE, or in the ON of a join. The ON of an outer join only holds for the table that it adds.
 */
export function eventNames(tree: Node[], params: readonly unknown[]): string[] | undefined {
  const nodes = [...walk(tree)];
  if (nodes.some((node) => isWord(node, 'natural', 'using', 'right', 'full'))) return undefined;
  const found = new Set<string>();
  let uses = 0;
  for (const select of selects(tree)) {
    const { from, where } = selectParts(select);
    const { instances, conditions } = fromClause(from, () => ({ outputs: [], ofUsers: false }), new Map());
    const scope = { instances, outer: undefined };
    const outer = [...walk(from)].some((node) => isWord(node, 'left', 'outer'));
    for (const instance of instances.filter(({ table }) => table === 'events')) {
      uses++;
      const holding = conditions.filter(({ joined }) => !outer || joined === instance).map(({ on }) => on);
      const names = [where, ...holding]
        .flatMap(conjuncts)
        .map((condition) => namesIn(condition, (node) => isNameOf(node, instance, scope), params))
        .find((list) => list !== undefined);
      if (!names) return undefined;
      // Where strings are padded before they are compared, `x` is `x `.
      for (const name of names) found.add(name.trimEnd());
    }
  }
  // A use that was not recognised as one could read anything.
  return uses === nodes.filter(isEvents).length ? [...found] : undefined;
}

/** Whether it is the table's name: a column of it ends with another name. */
export function isEvents(node: Node): boolean {
  const name =
    node.kind === 'column'
      ? node.parts.at(-1)
      : node.kind === 'word' || node.kind === 'name'
        ? node.value
        : undefined;
  return name?.toLowerCase() === 'events';
}

// --- internal ---

/** Every SELECT at any depth. */
function* selects(items: Node[]): Generator<Node[]> {
  if (!isQuery(items)) {
    for (const item of items) for (const list of inside(item)) yield* selects(list);
    return;
  }
  const { ctes, terms } = queryParts(items);
  for (const { query } of ctes) yield* selects(query);
  for (const term of terms) {
    if (!Array.isArray(term)) yield* selects(term.items);
    else {
      yield term;
      for (const item of term) for (const list of inside(item)) yield* selects(list);
    }
  }
}

function isNameOf(node: Node, instance: Instance, scope: Parameters<typeof resolve>[1]): boolean {
  const column = node.kind === 'column' ? node.parts.at(-1) : 'value' in node ? node.value : undefined;
  return column?.toLowerCase() === 'name' && resolve(node, scope)?.instance === instance;
}

/** The names that a condition holds the column to; undefined when it is another condition. */
function namesIn(
  condition: Node[],
  isName: (node: Node) => boolean,
  params: readonly unknown[],
): string[] | undefined {
  const [left, operator, right] = condition;
  if (condition.length !== 3) return undefined;
  let values: Node[] | undefined;
  if (isSymbol(operator, '=')) values = isName(left!) ? [right!] : isName(right!) ? [left!] : undefined;
  else if (isWord(operator, 'in') && isName(left!) && right?.kind === 'group') {
    values = right.items.filter((item) => !isSymbol(item, ','));
  }
  const names = values?.map((value) => (value.kind === 'param' ? params[value.index!] : textOf(value)));
  return names?.every((name) => typeof name === 'string') ? names : undefined;
}

function textOf(node: Node): string | undefined {
  return node.kind === 'string' ? node.value : undefined;
}
