#!/usr/bin/env bun
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadOwnModules, parentOf } from '../src/config/host-modules/host-modules.ts';

/*
 * bun bin/host-exports.ts          writes src/config/host-modules/host-exports.json: each host module's exports
 * bun bin/host-exports.ts --check  prints the file's expected content to stdout
 *
 * Run this after an update of React, React Email or Drizzle; a test compares the file. With these
 * names, a push can tell which imports exist without loading the modules.
 */

// Exports that exist only in development (React's `act`) do not exist on a server.
process.env.NODE_ENV = 'production';

const ROOT = join(import.meta.dir, '..');
const FILE = join(ROOT, 'src', 'config', 'host-modules', 'host-exports.json');

const own = await loadOwnModules();
const names = new Map<string, string[]>(Object.entries(own).map(([name, it]) => [name, Object.keys(it)]));
for (const name of [...reactEmailParts(), ...reactDomServers(), ...drizzleParts()]) {
  const parent = parentOf(name);
  if (parent === name || names.has(name)) continue;
  const part = (await import(name)) as Record<string, unknown>;
  const shared = Object.keys(part).filter((it) => it in own[parent]!);
  if (shared.length > 0) names.set(name, shared);
  for (const it of shared) {
    const same = !parent.startsWith('drizzle') || part[it] === own[parent]![it];
    if (!same) throw new Error(`${name} and ${parent} have another ${it}`);
  }
}
const text = `${JSON.stringify(
  Object.fromEntries([...names].map(([name, list]) => [name, list.sort().join(' ')])),
  null,
  2,
)}\n`;
await Bun.write(process.argv.includes('--check') ? Bun.stdout : Bun.file(FILE), text);
// React DOM for browsers opens a message channel, which nothing closes.
process.exit(0);

// --- internal ---

function reactEmailParts(): string[] {
  const { dependencies } = packageOf('@react-email/components') as { dependencies: Record<string, string> };
  return Object.keys(dependencies);
}

function reactDomServers(): string[] {
  return subpathsOf('react-dom', (path) => path.startsWith('server.'));
}

/**
 * Everything for writing a MySQL query, without other databases' dialects, drivers and migrators.
 */
function drizzleParts(): string[] {
  const index = new Bun.Transpiler({ loader: 'js' }).scanImports(
    readFileSync(join(ROOT, 'node_modules', 'drizzle-orm', 'index.js'), 'utf8'),
  );
  const top = index.map(({ path }) => path.slice('./'.length, -'.js'.length));
  return subpathsOf(
    'drizzle-orm',
    (path) =>
      top.includes(path) || path === 'sql' || path.startsWith('sql/') || path.startsWith('mysql-core/'),
  );
}

function subpathsOf(name: string, isWanted: (path: string) => boolean): string[] {
  const { exports } = packageOf(name) as { exports: Record<string, unknown> };
  return Object.keys(exports)
    .map((path) => path.slice('./'.length))
    .filter((path) => path !== '' && !path.includes('*') && !path.endsWith('.json') && isWanted(path))
    .map((path) => `${name}/${path}`);
}

function packageOf(name: string): object {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as object;
}
