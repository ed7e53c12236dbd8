import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { routePath } from 'hono/route';
import { SegflowError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { clip } from '../core/json-diagnose.ts';
import type { Backend } from './backend/backend.ts';
import { bearer } from './http/auth.ts';
import type { Api } from './http/endpoint.ts';
import { errorResponse } from './http/error-response.ts';
import { openApiRoute } from './http/openapi.ts';
import { batchRoutes } from './routes/batch.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { operatingRoutes } from './routes/operating.ts';
import { readingRoutes } from './routes/reading.ts';
import { userRoutes } from './routes/users.ts';

export interface AppOptions {
  backend: Backend;
  /** The API key, which clients send as `Authorization: Bearer KEY`. */
  apiKey: string;
  version: string;
  /**
   * Receives one line for every answer with a status of 500 or more, without bodies, keys or
   * addresses.
   */
  log?: (line: string) => void;
  /** Epoch milliseconds. Default: the system's clock. */
  now?: () => number;
}

/** The HTTP API as a function of a request. Never throws and never rejects. */
export interface App {
  fetch(request: Request): Promise<Response>;
  /** For tests: `path` such as `/v1/status`. */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** After this time, the same outage is logged again. */
const AGAIN_AFTER_MS = 60_000;

export function createApp(options: AppOptions): App {
  const { backend, version, log = () => {}, now = Date.now } = options;
  const heard = new Map<string, number>();
  const isNews = (about: string) => {
    const last = heard.get(about);
    const isOld = last !== undefined && now() - last < AGAIN_AFTER_MS;
    if (isOld) return false;
    if (heard.size >= 100) heard.clear();
    heard.set(about, now());
    return true;
  };
  const hono = new OpenAPIHono<{ Bindings: { requestId: string } }>();
  const authorize = bearer(options.apiKey);
  const api: Api = { app: hono as unknown as OpenAPIHono, backend, version, authorize, now };

  // Clients send the key explicitly and browsers never add it, so any page may call the API;
  // without the key it learns nothing.
  hono.use(
    '/v1/*',
    cors({
      origin: '*',
      allowMethods: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'],
      exposeHeaders: ['X-Request-Id', 'Retry-After'],
      maxAge: 600,
    }),
  );
  healthRoutes(api);
  userRoutes(api);
  eventRoutes(api);
  batchRoutes(api);
  readingRoutes(api);
  deploymentRoutes(api);
  operatingRoutes(api);
  openApiRoute(api);

  hono.notFound((c) => {
    const { method, path } = c.req;
    let error = noRoute(method, path, methodsOf(hono.routes, path));
    try {
      if (path.startsWith('/v1/')) authorize(c.req.header('authorization') ?? null);
    } catch (refusal) {
      error = refusal as SegflowError;
    }
    return errorResponse(error, { requestId: c.env.requestId, route: method, log, isNews });
  });
  hono.onError((error, c) => {
    const route = `${c.req.method} ${routePath(c, -1)}`;
    return errorResponse(error, { requestId: c.env.requestId, route, log, isNews });
  });

  async function answer(request: Request): Promise<Response> {
    const requestId = newId('req', now());
    let response: Response;
    try {
      if (!URL.canParse(request.url)) throw badUrl();
      response = await hono.fetch(request, { requestId });
    } catch (error) {
      response = errorResponse(error, { requestId, route: request.method, log, isNews });
    }
    response.headers.set('x-request-id', requestId);
    response.headers.set('cache-control', 'no-store');
    return response;
  }

  return {
    fetch: answer,
    request: (path, init) => answer(new Request(new URL(path, 'http://localhost'), init)),
  };
}

// The host comes from the request's header, which may hold anything.
function badUrl(): SegflowError {
  return new SegflowError('invalid_input', 'the Host header and path make no valid URL', {
    hint: 'Send the name or address of the server as Host.',
  });
}

/** The methods of a path. */
function methodsOf(routes: { method: string; path: string }[], path: string): string[] {
  const parts = path.split('/');
  const methods = new Set<string>();
  for (const route of routes) {
    const pattern = route.path.split('/');
    const matches =
      pattern.length === parts.length &&
      pattern.every((part, i) => part === parts[i] || (part.startsWith(':') && parts[i] !== ''));
    if (matches && route.method !== 'ALL') methods.add(route.method);
  }
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}

function noRoute(method: string, path: string, methods: string[]): SegflowError {
  if (methods.length > 0) {
    return new SegflowError('method_not_allowed', `${method} is not a method of ${clip(path)}`, {
      hint: `Use ${methods.join(', ')}.`,
      details: methods,
    });
  }
  return new SegflowError('not_found', `there is no ${method} ${clip(path)}`, {
    hint: 'The API is under /v1: users/ID, events, batch, messages, status, deployments, rollback, pauses, retries. /openapi.json describes it.',
  });
}
