import { conjuncts, LIMITS, queryParts, selectParts } from './query-parts.ts';
import {
  type Ctes,
  fromClause,
  type Instance,
  type Output,
  type QueryOutput,
  resolve,
  type Scope,
  USER_TABLES,
} from './scopes.ts';
import { inside, isQuery, isSymbol, isWord, type Node, splitCommas, walk } from './tree.ts';

/*
 * Whether a user's membership of a segment depends on that user's rows alone. If so, the segment can be evaluated for some
 * users by showing the query only the rows of those users.
 *
 * It holds when all rows that are joined belong to one user: the tables with a user are connected by equality of the user's
 * id, each group of an aggregate is of one user, and a subquery is tied to the user outside, by equality or by IN. LIMIT,
 * window functions and recursion look at other users. What is not understood does not hold.
 */

class OthersMatter extends Error {}

export function membershipIsOwn(tree: Node[]): boolean {
  const forbidden = [...walk(tree)].some(
    (node) =>
      isWord(node, 'over', 'recursive', 'natural') ||
      (node.kind === 'call' && ['over', 'recursive', 'rand', 'uuid'].includes(node.name)),
  );
  // The store shows these tables under their own names; a query that has these names for something else is in the way.
  const taken = queryParts(tree).ctes.some(({ name }) => USER_TABLES.has(name));
  if (forbidden || taken) return false;
  try {
    const { outputs, ofUsers } = analyseQuery(tree, undefined, new Map());
    return ofUsers && outputs[0]?.isUser === true;
  } catch (error) {
    if (error instanceof OthersMatter) return false;
    throw error;
  }
}

/** `tied`: a subquery whose rows must be tied to the user of `outer` by equality. */
function analyseQuery(items: Node[], outer: Scope | undefined, known: Ctes, tied = false): QueryOutput {
  const { ctes, terms, limited } = queryParts(items);
  if (limited) throw new OthersMatter();
  const visible = new Map(known);
  for (const { name, columns, query } of ctes) {
    const found = analyseQuery(query, undefined, visible);
    const outputs = found.outputs.map((output, index) => ({
      ...output,
      name: columns?.[index] ?? output.name,
    }));
    visible.set(name, { ...found, outputs });
  }
  const results = terms.map((term) =>
    Array.isArray(term)
      ? analyseSelect(term, outer, visible, tied)
      : analyseQuery(term.items, outer, visible, tied),
  );
  const [first] = results;
  if (!first) throw new OthersMatter();
  return {
    ofUsers: results.some((result) => result.ofUsers),
    outputs: first.outputs.map((output, index) => ({
      ...output,
      isUser: results.every((result) => result.outputs[index]?.isUser === true),
    })),
  };
}

function analyseSelect(items: Node[], outer: Scope | undefined, ctes: Ctes, tied: boolean): QueryOutput {
  const parts = selectParts(items);
  const {
    instances,
    conditions: joins,
    usings,
  } = fromClause(parts.from, (query) => analyseQuery(query, undefined, ctes), ctes);
  if (instances.some((instance) => instance.unknown)) throw new OthersMatter();
  const scope: Scope = { instances, outer };
  const conditions = joins.map(({ on }) => on);

  const linked = connect(scope, [...conditions, parts.where], usings);
  const ofUsers = instances.some(hasUser);
  if (ofUsers && !linked.one) throw new OthersMatter();
  if (ofUsers && tied && !linked.outer) throw new OthersMatter();
  if (ofUsers && !linked.outer && items.some((item) => isWord(item, ...LIMITS))) throw new OthersMatter();

  const expressions = [parts.columns, parts.where, parts.groupBy, parts.having, parts.orderBy, ...conditions];
  const aggregates =
    [parts.columns, parts.having, parts.orderBy].some(hasAggregate) || parts.having.length > 0;
  if (ofUsers && !linked.outer) {
    const byUser = splitCommas(parts.groupBy).some((item) => isUserColumn(item, scope));
    if ((aggregates || parts.groupBy.length > 0) && !byUser) throw new OthersMatter();
  }
  for (const expression of expressions) checkSubqueries(expression, scope, ctes);
  return { ofUsers, outputs: splitCommas(parts.columns).flatMap((item) => outputsOf(item, scope)) };
}

/** Joins the tables by the equalities of user ids that always hold. */
function connect(scope: Scope, conditions: Node[][], usings: [Instance, Instance][]) {
  const OUTER = {};
  const parent = new Map<object, object>();
  const find = (item: object): object => {
    const up = parent.get(item);
    return up === undefined || up === item ? item : find(up);
  };
  const unite = (a: object, b: object) => parent.set(find(a), find(b));
  for (const [a, b] of usings) unite(a, b);
  for (const condition of conditions.flatMap(conjuncts)) {
    const [left, operator, right] = condition;
    if (condition.length !== 3 || !isSymbol(operator, '=')) continue;
    const a = resolve(left!, scope);
    const b = resolve(right!, scope);
    if (!a?.isUser || !b?.isUser) continue;
    unite(a.depth === 0 ? a.instance : OUTER, b.depth === 0 ? b.instance : OUTER);
  }
  const roots = new Set(scope.instances.filter(hasUser).map(find));
  return { one: roots.size <= 1, outer: roots.size === 1 && roots.has(find(OUTER)) };
}

/** A subquery in an expression is tied to the user by equality, or is what a user's id is IN. */
function checkSubqueries(items: Node[], scope: Scope, ctes: Ctes): void {
  items.forEach((item, index) => {
    if (item.kind === 'group' && isQuery(item.items)) {
      const left = isWord(items[index - 2], 'not') ? items[index - 3] : items[index - 2];
      if (isWord(items[index - 1], 'in') && left && resolve(left, scope)?.isUser) {
        const { ofUsers, outputs } = analyseQuery(item.items, scope, ctes);
        if (ofUsers && outputs[0]?.isUser !== true) throw new OthersMatter();
      } else analyseQuery(item.items, scope, ctes, true);
    } else for (const list of inside(item)) checkSubqueries(list, scope, ctes);
  });
}

function outputsOf(item: Node[], scope: Scope): Output[] {
  const [first] = item;
  if (first === undefined) return [];
  const star = isSymbol(first, '*') || (first.kind === 'column' && first.parts.at(-1) === '*');
  if (star) {
    const of = first.kind === 'column' ? first.parts.at(-2)?.toLowerCase() : undefined;
    return scope.instances
      .filter((instance) => of === undefined || instance.alias === of)
      .flatMap((instance) =>
        instance.columns.map((name) => ({ name, isUser: instance.userColumns.has(name) })),
      );
  }
  const last = item.at(-1)!;
  const named = item.length > 1 && (last.kind === 'name' || last.kind === 'word' || last.kind === 'string');
  const own = first.kind === 'column' ? first.parts.at(-1)! : 'value' in first ? first.value : '';
  const expression = named ? item.slice(0, isWord(item.at(-2), 'as') ? -2 : -1) : item;
  return [{ name: (named ? last.value : own).toLowerCase(), isUser: isUserColumn(expression, scope) }];
}

function isUserColumn(item: Node[], scope: Scope): boolean {
  if (item.length !== 1) return false;
  const found = resolve(item[0]!, scope);
  return found?.isUser === true && found.depth === 0;
}

function hasUser(instance: Instance): boolean {
  return instance.ofUsers;
}

const AGGREGATES = new Set(
  `count sum avg min max group_concat any_value std stddev stddev_pop stddev_samp variance var_pop var_samp
   bit_and bit_or bit_xor json_arrayagg json_objectagg`.split(/\s+/),
);

function hasAggregate(items: Node[]): boolean {
  return items.some((item) => {
    if (item.kind === 'call' && AGGREGATES.has(item.name)) return true;
    if (item.kind === 'group' && isQuery(item.items)) return false;
    return inside(item).some(hasAggregate);
  });
}
