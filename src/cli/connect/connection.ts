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
  /** Default one minute: longer than the server waits for an evaluation. */
  timeoutMs?: number;
}

export interface ServerConnection {
  url: string;
  /** The answer's body. Throws what the server answered with, or `unreachable`. */
  request<T>(request: Request): Promise<T>;
}

/** A connection with the settings of these flags, the environment, and these folders. Sends nothing yet. */
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

/** A failure to connect, and a refused key, with what this person can do about it. */
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
