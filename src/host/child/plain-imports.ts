import { type AnyNode, type Literal, parse } from 'acorn';
import { full } from 'acorn-walk';
import { isHostModule } from '../../config/host-modules/host-modules.ts';

export interface PlainImport {
  /** The host module. */
  name: string;
  /** The position of its name in the code, quotes included. */
  start: number;
  end: number;
}

/**
 * The places where code imports host modules by their own names: `import`, `export … from`,
 * `import()`, `require()`.
 */
export function plainImports(code: string): PlainImport[] {
  const found: PlainImport[] = [];
  full(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), (node) => {
    const source = sourceOf(node);
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    const { value: name, start, end } = source as Literal & { value: string };
    if (isHostModule(name) && end - start === name.length + 2) found.push({ name, start, end });
  });
  return found;
}

// --- internal ---

function sourceOf(node: AnyNode): AnyNode | null | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return node.source;
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require'
        ? node.arguments[0]
        : undefined;
    default:
      return undefined;
  }
}
