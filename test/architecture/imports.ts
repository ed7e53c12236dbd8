import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const ROOT = join(import.meta.dir, '..', '..');

export interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  path: string;
  text: string;
  imports: Import[];
}

export interface Import {
  /** As written. */
  specifier: string;
  /** The file it names, relative to the checkout; undefined for a package. */
  file: string | undefined;
  /** `import type` or `export type`: gone at run time. */
  typeOnly: boolean;
  /** `import('…')`: loaded when it is reached. */
  dynamic: boolean;
}

/** The TypeScript files below a folder of the checkout, with what each imports. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const path = join(folder, name).replaceAll('\\', '/');
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, imports: importsOf(text, path) };
    })
    .sort((a, b) => a.path.localeCompare(b.path));
}

/** Cycles among the imports of these files, each as the path around it. */
export function findCycles(sources: SourceFile[], follow: (it: Import) => boolean): string[][] {
  const graph = new Map(
    sources.map((it) => [it.path, it.imports.filter(follow).flatMap((i) => i.file ?? [])]),
  );
  const done = new Set<string>();
  const cycles: string[][] = [];
  const walk = (path: string, trail: string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path]);
    if (at >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return cycles;
}

// --- internal ---

const PATTERN =
  /^[ \t]*(?:import|export)\s+(type\s+)?(?:[\w*{][^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*[,)]/gm;

function importsOf(text: string, path: string): Import[] {
  return [...text.matchAll(PATTERN)].map(([, type, fixed, dynamic]) => {
    const specifier = fixed ?? dynamic ?? '';
    const file = specifier.startsWith('.') ? relative(ROOT, join(ROOT, dirname(path), specifier)) : undefined;
    return { specifier, file, typeOnly: type !== undefined, dynamic: dynamic !== undefined };
  });
}
