import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_ARGUMENT } from '../wire/protocol.ts';

/**
 * The command line of a host child: the same executable again. When compiled, the executable's own
 * entry accepts `__host`. From source, the entry beside this file does (because `bun test`, for
 * example, has another main module); otherwise the main module is Segflow's bin.
 */
export function hostCommand(): string[] {
  if (isCompiled()) return [process.execPath, HOST_ARGUMENT];
  const beside = join(import.meta.dir, '..', 'child', 'child-entry.ts');
  const entry = existsSync(beside) ? beside : Bun.main;
  return [process.execPath, '--no-env-file', '--no-install', entry, HOST_ARGUMENT];
}

// --- internal ---

/** The embedded files of a compiled executable are in a file system of their own. */
function isCompiled(): boolean {
  return Bun.main.startsWith('/$bunfs/') || Bun.main.includes('~BUN');
}
