import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { closest } from '../../core/closest.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { exportsOf, HOST_MODULES } from '../host-modules/host-modules.ts';
import { codeFrame } from '../source/code-frame.ts';
import { hostModuleOf } from './host-imports.ts';

/** What Bun.build reports, as a problem: file relative to `root`, and the code around it. */
export function buildProblem(log: BuildMessage | ResolveMessage, root: string): Problem {
  const importer = log.position?.file ? resolve(log.position.file) : undefined;
  const text =
    log.name === 'ResolveMessage'
      ? unresolved((log as ResolveMessage).specifier, importer)
      : (missingExport(log.message) ?? { message: log.message });
  if (!importer || !log.position) return { path: '', ...text };
  const { line, column } = log.position;
  const file = relative(root, importer);
  return { path: file, ...text, file, line, column, frame: frameOf(importer, log.position) };
}

// --- internal ---

function frameOf(
  file: string,
  { line, column, lineText }: { line: number; column: number; lineText: string },
) {
  try {
    return codeFrame(readFileSync(file, 'utf8'), line, column);
  } catch {
    return codeFrame('\n'.repeat(line - 1) + lineText, line, column);
  }
}

/** Bun's words: `No matching export in "FILE" for import "NAME"`. */
function missingExport(message: string): { message: string; hint: string } | undefined {
  const [, file = '', , name = ''] = message.split('"');
  const module = hostModuleOf(file);
  if (module === undefined) return undefined;
  return { message: `"${module}" has no export "${name}"`, hint: exportHint(module, name) };
}

function exportHint(module: string, name: string): string {
  const instead = REPLACED.get(name);
  if (instead !== undefined) return instead;
  const names = exportsOf(module).filter((it) => it !== 'default');
  const near = closest(name, names);
  if (near !== undefined) return `Did you mean "${near}"?`;
  const elsewhere = name === 'default' ? undefined : HOST_MODULES.find((it) => exportsOf(it).includes(name));
  if (elsewhere !== undefined) return `Import it from "${elsewhere}".`;
  if (name === 'default') return `Import by name: import { ${names[0]} } from '${module}'.`;
  const some = names.slice(0, SHOWN_NAMES).join(', ');
  const more = names.length > SHOWN_NAMES ? ', …' : '';
  return `Segflow provides this module, whatever version is installed. It exports ${some}${more}.${typeHint(name)}`;
}

/** Compiled code has no types, and the bundler cannot recognise a type that is exported again. */
function typeHint(name: string): string {
  const first = name.charAt(0);
  return first === first.toUpperCase() ? ` Export a type with: export type { ${name} }.` : '';
}

const SHOWN_NAMES = 12;

/** Exports that libraries have removed, with their replacements. */
const REPLACED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    renderAsync: 'React Email has removed it. Use render, which returns a promise.',
    renderToNodeStream: 'React has removed it. Use renderToReadableStream, or renderToStaticMarkup.',
    renderToStaticNodeStream: 'React has removed it. Use renderToStaticMarkup.',
    createFactory: 'React has removed it. Use createElement.',
  }),
);

function unresolved(specifier: string, importer: string | undefined): { message: string; hint: string } {
  if (specifier.startsWith('.') || isAbsolute(specifier)) {
    return {
      message: `there is no file "${specifier}"${importer ? ` beside ${basename(importer)}` : ''}`,
      hint: fileHint(specifier, importer),
    };
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const near = closest(specifier, [...HOST_MODULES]);
  return {
    message: `the module "${specifier}" is not installed`,
    hint: near
      ? `Did you mean "${near}"? Otherwise install it: bun add ${name}`
      : `Install it: bun add ${name}`,
  };
}

function fileHint(specifier: string, importer: string | undefined): string {
  const path = resolve(importer ? dirname(importer) : '.', specifier);
  try {
    const names = readdirSync(dirname(path)).map((name) => name.replace(/\.[cm]?[jt]sx?$/, ''));
    const near = closest(basename(path).replace(/\.[cm]?[jt]sx?$/, ''), names);
    if (near) return `Did you mean "${specifier.slice(0, specifier.lastIndexOf('/') + 1)}${near}"?`;
  } catch {
    return `The folder ${dirname(specifier)} does not exist either. Create the file, or correct the import.`;
  }
  return 'Create the file, or correct the import.';
}
