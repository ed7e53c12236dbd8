import { getTableConfig } from 'drizzle-orm/mysql-core';
import * as schema from '../../schema/index.ts';
import { isQuery, isSymbol, isWord, type Node, splitCommas } from './tree.ts';

/** A column that a query gives: its name, and whether it is the id of the user the row belongs to. */
export interface Output {
  name: string;
  isUser: boolean;
}

/** What is known of the tables of a FROM clause, beyond the schema. */
export type Ctes = Map<string, QueryOutput>;

export interface QueryOutput {
  outputs: Output[];
  /** The rows belong to users. */
  ofUsers: boolean;
}

/** A table, CTE or subquery in a FROM clause. */
export interface Instance {
  /** In lower case. */
  alias: string;
  /** Its name where it is a table of Segflow's. */
  table: string | undefined;
  columns: string[];
  /** The columns that hold the id of the user a row belongs to. */
  userColumns: Set<string>;
  ofUsers: boolean;
  /** Columns that USING made one with those of an earlier table: without a table's name they mean that one. */
  merged: Set<string>;
  /** Nothing is known of it. */
  unknown: boolean;
}

export interface Scope {
  instances: Instance[];
  outer: Scope | undefined;
}

export interface FromClause {
  instances: Instance[];
  /** The ON conditions, and the last table before each. */
  conditions: { on: Node[]; joined: Instance | undefined }[];
  /** Pairs joined by USING of a column that is the user's id in both. */
  usings: [Instance, Instance][];
}

/** Tables whose rows belong to a user, with the column that says which. */
export const USER_TABLES = new Map(
  [
    [schema.users, 'id'],
    [schema.events, 'user_id'],
    [schema.segmentMembers, 'user_id'],
    [schema.runs, 'user_id'],
    [schema.messages, 'user_id'],
  ].map(([table, column]) => [getTableConfig(table as typeof schema.users).name, column as string]),
);

export function fromClause(items: Node[], analyse: (query: Node[]) => QueryOutput, ctes: Ctes): FromClause {
  const found: FromClause = { instances: [], conditions: [], usings: [] };
  let at = 0;
  while (at < items.length) {
    const item = items[at]!;
    if (isSymbol(item, ',') || isWord(item, ...JOIN_WORDS)) {
      at++;
    } else if (isWord(item, 'on')) {
      const end = endOfCondition(items, at + 1);
      found.conditions.push({ on: items.slice(at + 1, end), joined: found.instances.at(-1) });
      at = end;
    } else if (isWord(item, 'using') && items[at + 1]?.kind === 'group') {
      addUsing(found, (items[at + 1] as Node & { kind: 'group' }).items);
      at += 2;
    } else {
      at = addTable(found, items, at, analyse, ctes);
    }
  }
  return found;
}

/** The column a node names, with how many scopes out it was found. Undefined when it is none, or could be several. */
export function resolve(
  node: Node,
  scope: Scope,
): { instance: Instance; isUser: boolean; depth: number } | undefined {
  const parts =
    node.kind === 'column' ? node.parts : node.kind === 'word' || node.kind === 'name' ? [node.value] : [];
  const column = parts.at(-1)?.toLowerCase();
  const alias = parts.at(-2)?.toLowerCase();
  if (column === undefined) return undefined;
  let depth = 0;
  for (let here: Scope | undefined = scope; here; here = here.outer, depth++) {
    const candidates = here.instances.filter(
      (instance) =>
        (alias === undefined ? !instance.merged.has(column) : instance.alias === alias) &&
        instance.columns.includes(column),
    );
    const [instance] = candidates;
    if (candidates.length > 1) return undefined;
    if (instance) return { instance, isUser: instance.userColumns.has(column), depth };
  }
  return undefined;
}

const JOIN_WORDS = ['join', 'inner', 'left', 'right', 'full', 'outer', 'cross', 'straight_join'];

const TABLES = new Map(
  [
    schema.users,
    schema.events,
    schema.segments,
    schema.segmentMembers,
    schema.campaigns,
    schema.runs,
    schema.messages,
    schema.deployments,
  ].map((table) => {
    const { name, columns } = getTableConfig(table);
    return [name, columns.map((column) => column.name)] as const;
  }),
);

function addTable(
  found: FromClause,
  items: Node[],
  at: number,
  analyse: (query: Node[]) => QueryOutput,
  ctes: Ctes,
): number {
  const item = items[at]!;
  if (item.kind === 'group' && !isQuery(item.items)) {
    const nested = fromClause(item.items, analyse, ctes);
    found.instances.push(...nested.instances);
    found.conditions.push(...nested.conditions);
    found.usings.push(...nested.usings);
    return at + 1;
  }
  const name = tableName(item);
  let next = at + 1;
  if (isWord(items[next], 'as')) next++;
  const alias = items[next];
  const aliased = alias && (alias.kind === 'name' || (alias.kind === 'word' && !RESERVED.has(alias.value)));
  const given = aliased ? alias.value.toLowerCase() : name;
  found.instances.push(instanceOf(item, given ?? '', name, analyse, ctes));
  return aliased ? next + 1 : next;
}

const RESERVED = new Set([...JOIN_WORDS, 'on', 'using', 'natural', 'use', 'force', 'ignore']);

function instanceOf(
  item: Node,
  alias: string,
  name: string | undefined,
  analyse: (query: Node[]) => QueryOutput,
  ctes: Ctes,
): Instance {
  const derived =
    item.kind === 'group' ? analyse(item.items) : name === undefined ? undefined : ctes.get(name);
  if (derived) {
    const { outputs, ofUsers } = derived;
    const userColumns = new Set(outputs.filter((output) => output.isUser).map((output) => output.name));
    const columns = outputs.map((output) => output.name);
    // Rows of users that no longer say whose they are cannot be told apart.
    return {
      alias,
      table: undefined,
      columns,
      userColumns,
      ofUsers,
      merged: new Set(),
      unknown: ofUsers && userColumns.size === 0,
    };
  }
  const columns = name === undefined ? undefined : TABLES.get(name);
  const userColumn = name === undefined ? undefined : USER_TABLES.get(name);
  return {
    alias,
    table: columns && name,
    columns: columns ?? [],
    userColumns: new Set(userColumn === undefined ? [] : [userColumn]),
    ofUsers: userColumn !== undefined,
    merged: new Set(),
    unknown: columns === undefined,
  };
}

function tableName(node: Node): string | undefined {
  if (node.kind === 'column') return node.parts.length === 2 ? undefined : node.parts.at(-1)!.toLowerCase();
  return node.kind === 'word' || node.kind === 'name' ? node.value.toLowerCase() : undefined;
}

function addUsing(found: FromClause, list: Node[]): void {
  const right = found.instances.at(-1);
  if (!right) return;
  for (const [node] of splitCommas(list)) {
    const column = node && 'value' in node ? node.value.toLowerCase() : '';
    right.merged.add(column);
    for (const left of found.instances.slice(0, -1)) {
      if (left.userColumns.has(column) && right.userColumns.has(column)) found.usings.push([left, right]);
    }
  }
}

function endOfCondition(items: Node[], from: number): number {
  const end = items.findIndex(
    (item, index) => index >= from && (isSymbol(item, ',') || isWord(item, ...JOIN_WORDS, 'on', 'using')),
  );
  return end < 0 ? items.length : end;
}
