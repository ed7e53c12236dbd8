import { type AnyNode, parse } from 'acorn';
import { full } from 'acorn-walk';

/** The environment variable in a plain `apiKey: process.env.NAME`, if the code has one. */
export function keyVariable(code: string): string | undefined {
  let found: string | undefined;
  try {
    full(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node) => {
      if (node.type !== 'Property' || nameOf(node.key, node.computed) !== 'apiKey') return;
      found ??= variableOf(node.value);
    });
  } catch {
    return undefined;
  }
  return found;
}

// --- internal ---

const HOLDERS = new Set(['process', 'Bun']);

function variableOf(node: AnyNode): string | undefined {
  if (node.type === 'ChainExpression') return variableOf(node.expression);
  if (node.type === 'LogicalExpression') return variableOf(node.left);
  if (node.type !== 'MemberExpression' || node.object.type !== 'MemberExpression') return undefined;
  const { object, property, computed } = node.object;
  if (nameOf(property, computed) !== 'env') return undefined;
  const holds = object.type === 'MetaProperty' || (object.type === 'Identifier' && HOLDERS.has(object.name));
  return holds ? nameOf(node.property, node.computed) : undefined;
}

function nameOf(node: AnyNode, computed: boolean): string | undefined {
  if (node.type === 'Identifier' && !computed) return node.name;
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}
