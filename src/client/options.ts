import { SegflowApiError } from './error.ts';

/** Any `fetch` implementation; it is called as `fetch(url, init)`. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Address of the Segflow instance, with its base path if it has one: `https://segflow.example.com`. */
  url: string;
  apiKey: string;
  /** Replaces the global `fetch`. */
  fetch?: FetchLike;
  /** Milliseconds to wait for each answer. Default 30,000, and 60,000 for a call with `wait`. */
  timeoutMs?: number;
  /** How often a failed request is retried. Default 3. */
  retries?: number;
}

/** The address without a trailing slash. */
export function baseUrl(url: string): string {
  const parsed = typeof url === 'string' ? tryUrl(url) : undefined;
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw badOption(
      `url must be an http or https address, got ${JSON.stringify(url) ?? String(url)}`,
      'Write for example https://segflow.example.com or http://localhost:3000.',
    );
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw badOption(
      'url must hold no user, password, query or fragment',
      'The key belongs in apiKey; a base path may follow the host.',
    );
  }
  return parsed.origin + parsed.pathname.replace(/\/+$/, '');
}

export function checkKey(apiKey: string): string {
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw badOption(
      `apiKey must be printable ASCII without spaces${apiKey ? '' : ', got nothing'}`,
      'It is SEGFLOW_API_KEY of the server, or the key that `segflow serve` showed when it first started.',
    );
  }
  return apiKey;
}

export function checkNumber(name: string, value: number, least: number): number {
  if (typeof value === 'number' && value >= least) return value;
  throw badOption(
    `${name} must be a number of at least ${least}, got ${String(value)}`,
    `Leave ${name} out for its default.`,
  );
}

export function badOption(message: string, hint: string): SegflowApiError {
  return new SegflowApiError({ status: 0, code: 'invalid_input', message, hint });
}

function tryUrl(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
