import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const FIXTURES = join(import.meta.dir, '../fixtures');

/** A project in a folder of its own, which goes when the test ends. */
export interface Project extends Disposable {
  root: string;
  /** Absolute path of a file of the project. */
  path(name: string): string;
  write(files: Record<string, string>): void;
}

export function project(files: Record<string, string> = {}): Project {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'segflow-config-')));
  const path = (name: string) => join(root, name);
  const write = (texts: Record<string, string>) => {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), text);
    }
  };
  write(files);
  return { root, path, write, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** A project with the files of a fixture. */
export function fixtureProject(name: 'seed' | 'seed-getting-started'): Project {
  const made = project();
  cpSync(join(FIXTURES, name), made.root, { recursive: true });
  return made;
}
