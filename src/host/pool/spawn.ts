import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_ARGUMENT } from '../wire/protocol.ts';

/**
 * The command line of a host child: the same executable again. Compiled, its own entry takes `__host`; from source
 * (`bun test` for one has another main module) the entry beside this file does; else the main module is Segflow's bin.
 */
export function hostCommand(): string[] {
  if (isCompiled()) return [process.execPath, HOST_ARGUMENT];
  const beside = join(import.meta.dir, '..', 'child', 'child-entry.ts');
  const entry = existsSync(beside) ? beside : Bun.main;
  return [process.execPath, '--no-env-file', '--no-install', entry, HOST_ARGUMENT];
}

// --- internal ---

/** Files of a compiled executable lie in a file system of its own. */
function isCompiled(): boolean {
  return Bun.main.startsWith('/$bunfs/') || Bun.main.includes('~BUN');
}
