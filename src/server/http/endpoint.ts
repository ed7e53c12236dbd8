import { createHash } from 'node:crypto';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { z } from 'zod';
import { SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { parseJson } from '../../core/json-text.ts';
import { errorSchema, MAX_BODY_BYTES, userIdSchema } from '../../protocol/api.ts';
import type { Backend } from '../backend/backend.ts';
import type { Authorize } from './auth.ts';
import { readBody } from './body.ts';
import { validate } from './validate.ts';

/** What createApp passes to every route. */
export interface Api {
  app: OpenAPIHono;
  backend: Backend;
  version: string;
  authorize: Authorize;
  now: () => number;
}

export interface Endpoint<Body, Query> {
  method: 'get' | 'put' | 'patch' | 'post' | 'delete';
  /** The path, with `{id}` for a user's id. */
  path: string;
  summary: string;
  description?: string;
  tag: string;
  /** The route needs no key. */
  open?: true;
  query?: z.ZodType<Query>;
  body?: {
    schema: z.ZodType<Body>;
    /** Returns the result of `schema`, or undefined to let `schema` decide. */
    fast?: (value: Json) => Body | undefined;
    maxBytes?: number;
  };
  /** The route accepts an Idempotency-Key. */
  idempotent?: true;
  answers: Record<number, { description: string; schema?: z.ZodType }>;
  /** Error statuses of this route, besides those that follow from its other fields. */
  errors?: number[];
}

export interface Input<Body, Query> {
  /** The user's id from the path; empty when the path has none. */
  id: string;
  query: Query;
  body: Body;
  idempotency: { key: string; requestHash: string } | undefined;
}

/**
 * Adds a route. Key, query, body and idempotency key are checked before `handle` runs, and all of
 * them are in the OpenAPI document.
 */
export function endpoint<Body = undefined, Query = Record<string, never>>(
  api: Api,
  spec: Endpoint<Body, Query>,
  handle: (input: Input<Body, Query>, c: Context) => Promise<Response> | Response,
): void {
  document(api.app, spec);
  api.app.on(spec.method.toUpperCase(), spec.path.replace('{id}', ':id'), async (c) => {
    if (!spec.open) api.authorize(c.req.header('authorization') ?? null);
    const url = new URL(c.req.url);
    const id = spec.path.includes('{id}') ? userIdOf(url, spec.path) : '';
    const query = validate(spec.query ?? (noQuery as unknown as z.ZodType<Query>), queryOf(url), 'the query');
    const key = spec.idempotent ? idempotencyKey(c.req.header('idempotency-key')) : undefined;
    const bytes = spec.body ? await readBody(c.req.raw, spec.body.maxBytes ?? MAX_BODY_BYTES) : undefined;
    const body = bytes && spec.body ? bodyOf(spec.body, bytes) : undefined;
    const idempotency =
      key === undefined ? undefined : { key, requestHash: hashOf(spec.method, c.req.path, bytes) };
    // A spec without a body has Body = undefined.
    return handle({ id, query, body: body as Body, idempotency }, c);
  });
}

const noQuery = z.strictObject({});

function bodyOf<T>(body: NonNullable<Endpoint<T, unknown>['body']>, bytes: Uint8Array): T {
  if (bytes.length === 0) {
    throw new SegflowError('invalid_input', 'the body is empty', { hint: 'Send a JSON object.' });
  }
  const value = parseJson(bytes);
  return body.fast?.(value) ?? validate(body.schema, value, 'the body');
}

/** Created once, because creating a schema takes forty times as long as checking an id. */
const pathSchema = z.strictObject({ id: userIdSchema });

/** Decodes the id: `a%2Fb` is `a/b`. */
function userIdOf(url: URL, path: string): string {
  const part = url.pathname.split('/')[path.split('/').indexOf('{id}')] ?? '';
  let id: string;
  try {
    id = decodeURIComponent(part);
  } catch {
    throw new SegflowError('invalid_input', "the user's id in the path is not well encoded", {
      hint: 'Encode it as encodeURIComponent does: UTF-8 bytes as %XX, and "%" itself as "%25".',
    });
  }
  return validate(pathSchema, { id }, 'the path').id;
}

function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(url.searchParams.keys())) {
    const values = url.searchParams.getAll(name);
    query[name] = values.length === 1 ? values[0]! : values;
  }
  return { ...query };
}

function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || /^[\x20-\x7e]{1,255}$/.test(header)) return header;
  throw new SegflowError('invalid_input', 'the Idempotency-Key must be 1 to 255 printable ASCII characters', {
    hint: 'Send a new UUID for every request, and the same one when the request is repeated.',
  });
}

function hashOf(method: string, path: string, body: Uint8Array | undefined): string {
  const hash = createHash('sha256').update(`${method} ${path}\n`);
  if (body) hash.update(body);
  return hash.digest('hex');
}

function document<Body, Query>(app: OpenAPIHono, spec: Endpoint<Body, Query>): void {
  const { method, path, summary, description, tag, query, body } = spec;
  const hasId = path.includes('{id}');
  const statuses = new Set([...(spec.errors ?? []), 500, 503]);
  if (!spec.open) statuses.add(401);
  if (hasId || query || body) statuses.add(400);
  if (body) statuses.add(413).add(415);
  if (spec.idempotent) statuses.add(422);
  const responses: Record<number, { description: string; content?: object }> = {};
  for (const [status, answer] of Object.entries(spec.answers)) {
    responses[Number(status)] = answer.schema
      ? { description: answer.description, content: { 'application/json': { schema: answer.schema } } }
      : { description: answer.description };
  }
  for (const status of statuses) {
    responses[status] = {
      description: ERRORS[status] ?? 'Refused.',
      content: { 'application/json': { schema: errorSchema } },
    };
  }
  const params = hasId ? { params: z.object({ id: userIdSchema }) } : {};
  const headers = spec.idempotent ? { headers: z.object({ 'Idempotency-Key': keySchema }) } : {};
  app.openAPIRegistry.registerPath(
    createRoute({
      method,
      path,
      summary,
      ...(description ? { description } : {}),
      operationId: operationId(method, path),
      tags: [tag],
      security: spec.open ? [] : [{ key: [] }],
      request: {
        ...params,
        ...headers,
        // A query schema is an object schema; its type parameter is its output.
        ...(query ? { query: query as unknown as z.ZodObject } : {}),
        ...(body
          ? { body: { required: true, content: { 'application/json': { schema: body.schema } } } }
          : {}),
      },
      responses: responses as never,
    }),
  );
}

const keySchema = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .describe('The same key with the same request gives the first answer again, so a retry is harmless.');

const ERRORS: Record<number, string> = {
  400: 'Something in the request is not valid; `details` lists what.',
  401: 'The API key is missing or wrong.',
  404: 'There is no such user.',
  409: 'It conflicts with the present state.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'It was understood, but cannot be accepted.',
  500: 'Something went wrong inside Segflow.',
  503: 'Not ready; try again later.',
};

function operationId(method: string, path: string): string {
  const words = path.replace('/v1/', '').replace('users/{id}', 'user').split(/[/.]/).filter(Boolean);
  return [method, ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('');
}
