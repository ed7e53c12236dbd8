import { parse } from '@babel/parser';
import type { SourceFile } from './imports.ts';

/** The files that export each name as their own, by name. What a file passes on from another is not its own. */
export function exportedNames(sources: SourceFile[]): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const { path, text } of sources) {
    for (const name of new Set(ownExports(path, text))) files.set(name, [...(files.get(name) ?? []), path]);
  }
  return files;
}

// --- internal ---

/** What of Babel's tree is looked at. */
interface Statement {
  type: string;
  source?: unknown;
  declaration?: { id?: { name: string }; declarations?: { id: { name?: string } }[] } | null;
  specifiers?: { local: { name: string }; exported?: { name: string } }[];
}

function ownExports(path: string, text: string): string[] {
  const plugins: ('typescript' | 'jsx')[] = path.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'];
  const statements = parse(text, { sourceType: 'module', plugins }).program.body as unknown as Statement[];
  const imported = new Set(
    statements
      .filter(({ type }) => type === 'ImportDeclaration')
      .flatMap(({ specifiers = [] }) => specifiers.map(({ local }) => local.name)),
  );
  return statements
    .filter(({ type, source }) => type === 'ExportNamedDeclaration' && !source)
    .flatMap(({ declaration, specifiers = [] }) => {
      if (!declaration) {
        const own = specifiers.filter(({ local }) => !imported.has(local.name));
        return own.map(({ local, exported }) => (exported ?? local).name);
      }
      const { id, declarations = [] } = declaration;
      return id ? [id.name] : declarations.flatMap((each) => each.id.name ?? []);
    });
}
