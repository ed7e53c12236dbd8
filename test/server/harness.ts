import { expect } from 'bun:test';
import type { ErrorBody } from '../../src/protocol/api.ts';
import { type App, createApp } from '../../src/server/app.ts';
import { MemoryBackend } from './memory-backend.ts';

export const KEY = 'a-key';
export const NOW = Date.parse('2026-06-01T00:00:00.000Z');

/** The API over a backend in memory, at a fixed time. */
export function harness() {
  const backend = new MemoryBackend();
  const log: string[] = [];
  const app = createApp({
    backend,
    apiKey: KEY,
    version: '1.2.3',
    log: (line) => log.push(line),
    now: () => NOW,
  });
  return { app, backend, log, call: caller(app) };
}

export interface CallOptions {
  body?: unknown;
  /** Sent as it is. */
  raw?: BodyInit;
  headers?: Record<string, string>;
}

/** Calls with the key; `body` goes as JSON. */
export function caller(app: App) {
  return (method: string, path: string, options: CallOptions = {}): Promise<Response> => {
    const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const headers: Record<string, string> = { authorization: `Bearer ${KEY}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    return app.request(path, {
      method,
      headers: { ...headers, ...options.headers },
      ...(body === undefined ? {} : { body }),
    });
  };
}

/** The error of an answer, which must be a whole one. */
export async function errorOf(response: Response, status: number): Promise<ErrorBody['error']> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text });
  const { error, ...rest } = JSON.parse(text) as ErrorBody;
  expect(rest).toEqual({});
  expect(error.code).toBeString();
  expect(error.message).not.toBe('');
  expect(error.hint).toBeString();
  expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  expect(response.headers.get('content-type')).toBe('application/json');
  return error;
}
