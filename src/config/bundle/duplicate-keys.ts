import type { AnyNode, ObjectExpression, Program, Property } from 'acorn';
import { fullAncestor } from 'acorn-walk';
import { joinPath } from '../source/problem-path.ts';

export interface DuplicateKey {
  key: string;
  /** The later of the two properties, which wins in JavaScript. */
  node: Property;
  /** The property's path in the object: `campaigns.welcome`. */
  path: string;
}

/** Properties that repeat the name of an earlier one in the same object literal. */
export function duplicateKeys(program: Program): DuplicateKey[] {
  const found: DuplicateKey[] = [];
  const seen = new Set<AnyNode>();
  fullAncestor(program, (node, _state, ancestors) => {
    if (node.type !== 'ObjectExpression' || seen.has(node)) return;
    seen.add(node);
    for (const [key, property] of repeated(node)) {
      found.push({ key, node: property, path: joinPath([...keysOf(ancestors), key]) });
    }
  });
  return found.sort((a, b) => a.node.start - b.node.start);
}

// --- internal ---

function* repeated(object: ObjectExpression): Generator<[string, Property]> {
  let kinds = new Map<string, string>();
  for (const property of object.properties) {
    if (property.type === 'SpreadElement') {
      // A key after a spread overrides the spread's value on purpose.
      kinds = new Map();
      continue;
    }
    const { key, kind, computed } = property;
    const name =
      key.type === 'Identifier' && !computed ? key.name : key.type === 'Literal' ? key.value : undefined;
    if (name === undefined || computed || (name === '__proto__' && !property.shorthand)) continue;
    const before = kinds.get(String(name));
    const pair = before !== undefined && before !== kind && before !== 'init' && kind !== 'init';
    if (before !== undefined && !pair) yield [String(name), property];
    kinds.set(String(name), kind);
  }
}

/** The keys that lead from the outermost object literal to the innermost ancestor. */
function keysOf(ancestors: AnyNode[]): string[] {
  const keys: string[] = [];
  for (const node of ancestors) {
    if (node.type === 'Property' && !node.computed) {
      keys.push(
        node.key.type === 'Identifier' ? node.key.name : String((node.key as { value?: unknown }).value),
      );
    } else if (node.type !== 'ObjectExpression') {
      keys.length = 0;
    }
  }
  return keys;
}
