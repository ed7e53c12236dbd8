import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { closest } from '../../core/closest.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { HOST_MODULES } from '../host-modules/host-modules.ts';
import { codeFrame } from '../source/code-frame.ts';

/** What Bun.build reports, as a problem: file relative to `root`, and the code around it. */
export function buildProblem(log: BuildMessage | ResolveMessage, root: string): Problem {
  const importer = log.position?.file ? resolve(log.position.file) : undefined;
  const text =
    log.name === 'ResolveMessage'
      ? unresolved((log as ResolveMessage).specifier, importer)
      : { message: log.message };
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
