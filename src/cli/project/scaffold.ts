import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SegflowError } from '../../core/errors.ts';
import { VERSION } from '../command-line/version.ts';
import { readProjectTemplate } from './embedded-templates.ts' with { type: 'macro' };

const TEMPLATE: Record<string, string> = readProjectTemplate();

/** This file holds keys, so only its owner may read it. */
const PRIVATE = '.env';

export interface Scaffolded {
  folder: string;
  /** Paths inside the folder. */
  written: string[];
  /** Files that already existed with exactly this content. */
  unchanged: string[];
}

/**
 * Writes a new project into `dir`. Never touches existing files with other content: throws
 * `conflict`, listing them, before writing anything, unless `force` replaces them.
 */
export async function scaffold(dir: string, { force }: { force: boolean }): Promise<Scaffolded> {
  const folder = resolve(dir);
  const existing = await stat(folder).catch(() => undefined);
  if (existing && !existing.isDirectory()) {
    throw new SegflowError('conflict', `${folder} is a file, not a folder`, { hint: 'Give another folder.' });
  }
  const files = Object.entries(TEMPLATE).map(
    ([name, text]) => [name, fillIn(text, basename(folder))] as const,
  );
  const states = await Promise.all(files.map(([name, text]) => stateOf(join(folder, name), text)));
  const conflicts = files.filter((_file, index) => states[index] === 'different').map(([name]) => name);
  if (conflicts.length > 0 && !force) {
    const list = conflicts.map((name) => `  ${name}`).join('\n');
    throw new SegflowError('conflict', `these files exist in ${folder}:\n${list}`, {
      hint: 'Nothing was written. Use another folder, or --force to replace them.',
    });
  }
  const written: string[] = [];
  for (const [index, [name, text]] of files.entries()) {
    if (states[index] === 'same') continue;
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, name === PRIVATE ? { mode: 0o600 } : {});
    written.push(name);
  }
  const unchanged = files.map(([name]) => name).filter((name) => !written.includes(name));
  return { folder, written, unchanged };
}

// --- internal ---

function fillIn(text: string, folderName: string): string {
  return text.replaceAll('{{name}}', packageName(folderName)).replaceAll('{{version}}', VERSION);
}

/**
 * Converts a folder's name to a valid npm name: lower case, URL-safe, not starting with a dot or
 * underscore.
 */
function packageName(folderName: string): string {
  const name = folderName
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '');
  // A project named like its own dependency could not be installed.
  return name === '' || name === 'segflow' ? 'my-segflow' : name;
}

async function stateOf(path: string, text: string): Promise<'missing' | 'same' | 'different'> {
  try {
    return (await readFile(path, 'utf8')) === text ? 'same' : 'different';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'missing';
    if (code === 'EISDIR' || code === 'ENOTDIR') return 'different';
    throw error;
  }
}
