import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { readDotenv } from './dotenv.ts';

/** The server's URL and API key, with the place where each was found. */
export interface Settings {
  url: string;
  urlFrom: SettingSource;
  apiKey: string;
  apiKeyFrom: SettingSource;
}

export type SettingSource = 'flag' | 'environment' | '.env' | 'credentials' | 'local instance';

export interface SettingsInput {
  url?: string | undefined;
  apiKey?: string | undefined;
  /**
   * The folders to search for `.env` and for the data folder of a local instance, the most
   * important first.
   */
  folders: string[];
  environment: Record<string, string | undefined>;
}

/** The contents of the credentials file and of a local instance's files. */
export interface Credentials {
  url: string;
  apiKey: string;
}

/**
 * Finds the server to use: flags, then the environment, the `.env` of this folder,
 * `~/.segflow/credentials.json`, and last a local instance started in this folder. A key saved for
 * one server is never sent to another. Throws `invalid_input`, listing the ways to set them, when
 * the URL or the key is missing.
 */
export async function resolveSettings(input: SettingsInput): Promise<Settings> {
  const { environment, folders } = input;
  const dotenv: Record<string, string> = {};
  for (const folder of folders.toReversed()) Object.assign(dotenv, await readDotenv(folder, environment));
  const saved = readCredentials(credentialsPath(environment));
  const dataFolder = environment.SEGFLOW_DATA || dotenv.SEGFLOW_DATA || '.segflow';
  const local = folders.map((folder) => readLocalInstance(resolve(folder, dataFolder))).find(Boolean);

  const url = first([
    ['flag', input.url],
    ['environment', environment.SEGFLOW_URL],
    ['.env', dotenv.SEGFLOW_URL],
    ['credentials', saved?.url],
    ['local instance', local?.url],
  ]);
  if (!url) throw missing('no Segflow server is known');
  const address = parseUrl(url.value, url.from);
  const apiKey = first([
    ['flag', input.apiKey],
    ['environment', environment.SEGFLOW_API_KEY],
    ['.env', dotenv.SEGFLOW_API_KEY],
    ['credentials', saved && sameServer(saved.url, address) ? saved.apiKey : undefined],
    ['local instance', local && sameServer(local.url, address) ? local.apiKey : undefined],
  ]);
  if (!apiKey) throw missing(`no API key is known for ${address}`);
  return { url: address, urlFrom: url.from, apiKey: apiKey.value, apiKeyFrom: apiKey.from };
}

export function credentialsPath(environment: Record<string, string | undefined>): string {
  return join(environment.HOME || homedir(), '.segflow', 'credentials.json');
}

/** An http(s) URL without its trailing slash. Throws `invalid_input`. */
export function parseUrl(text: string, from: SettingSource): string {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || /\s/.test(text)) {
    throw new SegflowError(
      'invalid_input',
      `the server's URL "${text}" (${from}) is not an http or https URL`,
      {
        hint: 'Write for example http://localhost:3000.',
      },
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function first(
  candidates: [SettingSource, string | undefined][],
): { from: SettingSource; value: string } | undefined {
  for (const [from, value] of candidates) if (value?.trim()) return { from, value: value.trim() };
  return undefined;
}

function readCredentials(path: string): Credentials | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SegflowError('invalid_input', `${path} is not JSON: ${messageOf(error)}`, {
      hint: 'Write the file again with segflow login.',
    });
  }
  const { url, apiKey } = value as Partial<Credentials>;
  return typeof url === 'string' && typeof apiKey === 'string' ? { url, apiKey } : undefined;
}

/**
 * The running instance that uses this data folder. A stale instance.json, left by a killed process,
 * does not count.
 */
function readLocalInstance(dataDir: string): Credentials | undefined {
  const text = readIfThere(join(dataDir, 'instance.json'));
  const apiKey = readIfThere(join(dataDir, 'api-key'));
  if (text === undefined || apiKey === undefined) return undefined;
  try {
    const { url, pid } = JSON.parse(text) as { url: string; pid: number };
    return isAlive(pid) ? { url, apiKey: apiKey.trim() } : undefined;
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is alive, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Treats `localhost`, `127.0.0.1` and `[::1]` as one machine. */
function sameServer(a: string, b: string): boolean {
  return normalized(a) === normalized(b);
}

function normalized(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (/^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) url.hostname = 'localhost';
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function missing(what: string): SegflowError {
  return new SegflowError('invalid_input', what, {
    hint: [
      'Set it in one of these ways; the first one found counts:',
      '  1. flags: --url http://localhost:3000 --api-key KEY',
      '  2. environment variables: SEGFLOW_URL and SEGFLOW_API_KEY',
      '  3. the same two in the .env file of this folder',
      '  4. segflow login, which writes ~/.segflow/credentials.json',
      '  5. segflow serve, running in this folder',
    ].join('\n'),
  });
}
