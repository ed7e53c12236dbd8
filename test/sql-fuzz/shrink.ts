import { isNode, type Node, type Part, sizeOf } from './tree.ts';

/*
 * Takes from a failing case what it does not need: first the query (a node's own parts in its place, clauses and items left out,
 * something simple instead), then the people and the events. Each try runs on the stores, so it is done within a number of tries.
 */

/** The smallest query found for which `fails` still holds. */
export async function shrinkQuery(
  root: Node,
  options: { fails(root: Node): Promise<boolean>; tries: number },
): Promise<Node> {
  let smallest = root;
  let tries = options.tries;
  search: while (tries > 0) {
    for (const candidate of smaller(smallest)) {
      if (tries-- <= 0) break search;
      if (await options.fails(candidate)) {
        smallest = candidate;
        continue search;
      }
    }
    break;
  }
  return smallest;
}

/** The smallest list found for which `fails` still holds: halves are left out, then smaller parts. */
export async function shrinkList<T>(
  items: T[],
  options: { fails(items: T[]): Promise<boolean>; tries: number },
): Promise<T[]> {
  let left = items;
  let { tries } = options;
  for (let size = Math.ceil(items.length / 2); size >= 1 && tries > 0; ) {
    let found = false;
    for (let from = 0; from < left.length && tries > 0; ) {
      const candidate = [...left.slice(0, from), ...left.slice(from + size)];
      tries--;
      if (await options.fails(candidate)) {
        left = candidate;
        found = true;
      } else from += size;
    }
    if (size === 1 && !found) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return left;
}

// --- internal ---

/** The trees that are this one with one thing simpler, those that lose most first. */
function smaller(root: Node): Node[] {
  const trees = [...simpler(root, root)].filter(isNode) as Node[];
  const size = sizeOf(root);
  return trees
    .map((tree) => ({ tree, size: sizeOf(tree) }))
    .filter((candidate) => candidate.size < size)
    .sort((a, b) => a.size - b.size)
    .map(({ tree }) => tree);
}

function* simpler(part: Part, root: Node): Generator<Part> {
  if (typeof part === 'string') return;
  if (!isNode(part)) {
    if (typeof part.param === 'string' && part.param.length > 3) yield { param: part.param.slice(0, 3) };
    return;
  }
  if (part.sort === 'optional' && part.parts.length > 0) yield { ...part, parts: [] };
  if (part.sort === 'list') {
    for (let index = 0; part.parts.length > 2 && index < part.parts.length; index += 2) {
      yield { ...part, parts: part.parts.toSpliced(index === 0 ? 0 : index - 1, 2) };
    }
  }
  if (part.sort === 'value') {
    yield* descendants(part).filter(({ sort }) => sort === 'value');
    for (const simple of SIMPLE) yield { sort: 'value', parts: [simple] };
  }
  if (part === root) {
    // A condition or a value alone, of the tables that queries mostly read.
    for (const inner of descendants(part)) {
      if (inner.sort !== 'value') continue;
      for (const alone of ALONE) yield { sort: 'query', parts: [alone, inner] };
    }
  }
  if (part.sort === 'query' && part.build === undefined) {
    yield* descendants(part).filter(({ sort }) => sort === 'query');
  }
  for (const [index, inner] of part.parts.entries()) {
    for (const instead of simpler(inner, root)) yield { ...part, parts: part.parts.with(index, instead) };
  }
}

const ALONE = [
  'select users.id from users where ',
  'select u.id from users u where ',
  'select e.user_id from events e where ',
  'select e.user_id from events e group by e.user_id having ',
];
const SIMPLE = ['1', "'a'", 'null', '0', "''"];

function descendants(node: Node): Node[] {
  return node.parts.filter(isNode).flatMap((inner) => [inner, ...descendants(inner)]);
}
