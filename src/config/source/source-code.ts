import { type ParserPlugin, parse } from '@babel/parser';

/*
 * Parses source files as their author wrote them, including TypeScript, JSX and decorators.
 * Compiled code is parsed with acorn.
 */

/** A place in a source file. Lines and columns are counted from 1. */
export interface Position {
  line: number;
  column: number;
}

/** An import of another module, whatever its form: `import`, `export … from`, `import()`, `require()`. */
export interface SourceImport extends Position {
  /** The module as written. The place is that of its opening quote. */
  specifier: string;
  /** Whether it is only `import 'x'`, without using the module. */
  isForSideEffect: boolean;
  /** What is imported by name, with its places. */
  names: (Position & { name: string })[];
}

/** The imports of a source file in order; empty for text that cannot be parsed. */
export function importsInSource(text: string, file: string): SourceImport[] {
  const found: SourceImport[] = [];
  visit(parsed(text, file), (node) => {
    const source = sourceOf(node);
    if (source?.type !== 'StringLiteral') return;
    found.push({
      specifier: String(source.value),
      isForSideEffect: node.type === 'ImportDeclaration' && nodesOf(node.specifiers).length === 0,
      names: nodesOf(node.specifiers).flatMap((it) => {
        const imported = nodeOf(it.imported) ?? nodeOf(it.local);
        const name = it.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(imported);
        return name === undefined || it.type === 'ImportNamespaceSpecifier'
          ? []
          : [{ name, ...positionOf(it) }];
      }),
      ...positionOf(source),
    });
  });
  return found;
}

/**
 * The place of the property with this name at or around `from`; otherwise the next one after it.
 */
export function keyInSource(
  text: string,
  { file, key, from }: { file: string; key: string; from: Position },
): Position | undefined {
  let around: SyntaxNode | undefined;
  let after: SyntaxNode | undefined;
  visit(parsed(text, file), (node) => {
    if (!PROPERTIES.has(node.type) || nameOf(nodeOf(node.key)) !== key) return;
    if (compare(positionOf(node), from) >= 0) {
      if (!after || compare(positionOf(node), positionOf(after)) < 0) after = node;
    } else if (compare(endOf(node), from) >= 0) {
      around = node;
    }
  });
  const found = around ?? after;
  return found && positionOf(nodeOf(found.key) ?? found);
}

// --- internal ---

/** A node of Babel's syntax tree, with the fields that are used here. */
interface SyntaxNode {
  type: string;
  loc: { start: Position; end: Position };
  [key: string]: unknown;
}

const PROPERTIES = new Set(['ObjectProperty', 'ObjectMethod', 'ClassProperty', 'ClassMethod']);

function parsed(text: string, file: string): SyntaxNode | undefined {
  const plugins: ParserPlugin[] = [
    'decorators',
    'decoratorAutoAccessors',
    'explicitResourceManagement',
    'importAttributes',
  ];
  const isTypeScript = /\.[cm]?tsx?$/.test(file);
  if (isTypeScript) plugins.push('typescript');
  // In a .ts file `<T>value` is a cast.
  if (!isTypeScript || file.endsWith('x')) plugins.push('jsx');
  try {
    const tree: unknown = parse(text, {
      sourceType: 'unambiguous',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      errorRecovery: true,
      plugins,
    }).program;
    return tree as SyntaxNode;
  } catch {
    return undefined;
  }
}

function visit(node: SyntaxNode | undefined, look: (node: SyntaxNode) => void): void {
  if (!node) return;
  look(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) visit(nodeOf(child), look);
  }
}

function sourceOf(node: SyntaxNode): SyntaxNode | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
      return nodeOf(node.source);
    case 'TSExternalModuleReference':
      return nodeOf(node.expression);
    case 'CallExpression': {
      const callee = nodeOf(node.callee);
      const loads = callee?.type === 'Import' || (callee?.type === 'Identifier' && callee.name === 'require');
      return loads ? nodesOf(node.arguments)[0] : undefined;
    }
    default:
      return undefined;
  }
}

function nodeOf(value: unknown): SyntaxNode | undefined {
  const node = value as SyntaxNode | null | undefined;
  return typeof node === 'object' && typeof node?.type === 'string' && node.loc ? node : undefined;
}

function nodesOf(value: unknown): SyntaxNode[] {
  return Array.isArray(value) ? value.flatMap((it) => nodeOf(it) ?? []) : [];
}

function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === 'Identifier') return String(node.name);
  if (node?.type === 'StringLiteral' || node?.type === 'NumericLiteral') return String(node.value);
  return undefined;
}

/** Babel counts columns from 0. */
function positionOf({ loc }: SyntaxNode): Position {
  return { line: loc.start.line, column: loc.start.column + 1 };
}

function endOf({ loc }: SyntaxNode): Position {
  return { line: loc.end.line, column: loc.end.column + 1 };
}

function compare(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
