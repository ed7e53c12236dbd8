import type { ArgsDef } from 'citty';
import { messageOf, SegflowError } from '../../core/errors.ts';

const jsonArg = { type: 'boolean', description: 'Print the result as JSON' } as const;

/** Flags of every command that talks to a server. */
export const connectionArgs = {
  url: { type: 'string', valueHint: 'url', description: 'The server, if not SEGFLOW_URL' },
  'api-key': { type: 'string', valueHint: 'key', description: 'Its API key, if not SEGFLOW_API_KEY' },
  json: jsonArg,
} as const satisfies ArgsDef;

export interface ConnectionFlags {
  url?: string | undefined;
  'api-key'?: string | undefined;
}

export interface Request {
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Default: one minute, which is longer than the server waits for an evaluation. */
  timeoutMs?: number;
}

export interface ServerConnection {
  url: string;
  /** Returns the answer's body. Throws the server's error, or `unreachable`. */
  request<T>(request: Request): Promise<T>;
}

/**
 * Creates a connection from these flags, the environment, and the files in these folders. Sends
 * nothing yet.
 */
export async function connect(
  flags: ConnectionFlags,
  folders: string[] = [process.cwd()],
): Promise<ServerConnection> {
  const { resolveSettings } = await import('./settings.ts');
  const settings = await resolveSettings({
    url: flags.url,
    apiKey: flags['api-key'],
    folders,
    environment: process.env,
  });
  return open(settings);
}

export async function open(settings: { url: string; apiKey: string }): Promise<ServerConnection> {
  const { Client } = await import('../../client/sdk.ts');
  const client = new Client({ url: settings.url, apiKey: settings.apiKey, retries: 2 });
  return {
    url: settings.url,
    async request<T>({ method, path, query, body, timeoutMs = 60_000 }: Request): Promise<T> {
      try {
        return await client.request<T>(method, path, {
          timeoutMs,
          ...(query ? { query } : {}),
          ...(body === undefined ? {} : { body }),
        });
      } catch (error) {
        throw explained(error, settings.url);
      }
    },
  };
}

/** Adds a hint to a failed connection or a refused key that says how the user can fix it. */
function explained(error: unknown, url: string): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === 'unreachable') {
    return new SegflowError('unreachable', messageOf(error), {
      hint: 'Is `segflow serve` running? The URL comes from --url, SEGFLOW_URL, .env or segflow login.',
      cause: error,
    });
  }
  if (code === 'unauthorized') {
    return new SegflowError('unauthorized', `${url} does not accept this API key`, {
      hint: 'The key comes from --api-key, SEGFLOW_API_KEY, .env or segflow login; the server prints it on its first start.',
      cause: error,
    });
  }
  return error;
}
