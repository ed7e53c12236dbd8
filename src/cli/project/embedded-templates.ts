import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/*
 * Runs as a macro while this program is bundled. The bundler inlines the return values, so the
 * executable needs no templates folder.
 */

const ROOT = join(import.meta.dir, '..', '..', '..');

/**
 * The files that `segflow init` writes: path in the project → text. `_env` stands for `.env`, which
 * would take effect in this repository.
 */
export function readProjectTemplate(): Record<string, string> {
  const folder = join(ROOT, 'templates', 'project');
  const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageJson;
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/').replace(/^_/, '.');
    files[name] = readFileSync(path, 'utf8').replaceAll(
      /\{\{version:(.+?)\}\}/g,
      (_all, dependency: string) => versionOf(packageJson, dependency),
    );
  }
  return files;
}

/** The systemd unit. */
export function readUnit(): string {
  return readFileSync(join(ROOT, 'templates', 'segflow.service'), 'utf8');
}

// --- internal ---

interface PackageJson {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

function versionOf({ dependencies, devDependencies }: PackageJson, name: string): string {
  const version = dependencies[name] ?? devDependencies[name];
  if (version === undefined) throw new Error(`a template names ${name}, which package.json does not`);
  return version;
}
