import { z } from 'zod';
import { HTTP_STATUS, messageOf, SegflowError } from '../core/errors.ts';
import { pageAssets } from './assets.ts' with { type: 'macro' };
import type { PreviewProject } from './project.ts';
import { readableHtml } from './readable-html.ts';

/**
 * Answers the page's requests. `isOwnHost` decides which host names, without port, requests may
 * use.
 */
export function previewHandler(project: PreviewProject, isOwnHost: (name: string) => boolean) {
  return async (request: Request): Promise<Response> => {
    // The Host header is not valid in a URL.
    if (!URL.canParse(request.url)) return text(400, 'The Host header is not the name of a host\n');
    const url = new URL(request.url);
    // A page of another origin can reach a loopback port, even under its own name if that name
    // resolves to 127.0.0.1; the Host header reveals this.
    if (!isOwnHost(url.hostname))
      return text(403, `This preview does not answer to the name ${url.hostname}\n`);
    if (request.headers.get('sec-fetch-site') === 'cross-site' && url.pathname.startsWith('/api/')) {
      return text(403, 'Not for other sites\n');
    }
    try {
      return secured(await route(project, request, url));
    } catch (error) {
      const code = SegflowError.is(error) ? error.code : 'internal';
      return json({ error: { code, message: messageOf(error) } }, HTTP_STATUS[code]);
    }
  };
}

const ASSETS = new Map(Object.entries(pageAssets()));

// The email's frame inherits this policy: pictures, fonts and inline styles may load, scripts may
// not.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline' https:",
  'img-src * data: blob:',
  'font-src * data:',
  'media-src *',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

async function route(project: PreviewProject, request: Request, url: URL): Promise<Response> {
  const { pathname } = url;
  if (pathname === '/api/render' || pathname === '/api/readable') {
    if (request.method !== 'POST') return text(405, 'POST only\n');
    if (pathname === '/api/render') return json(await project.render(await bodyOf(request, questionSchema)));
    const { html } = await bodyOf(request, readableSchema);
    return json({ source: await readableHtml(html) });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET only\n');
  if (pathname === '/api/state') return json(project.state());
  if (pathname === '/api/overview') return json(await project.overview());
  if (pathname === '/api/changes') return changes(project, request.signal);
  const asset = pathname.startsWith('/assets/') ? ASSETS.get(pathname.slice('/assets/'.length)) : undefined;
  if (asset !== undefined) return served(pathname, asset);
  if (pathname === '/favicon.ico') return new Response(null, { status: 204 });
  if (pathname === '/' || /^\/(?:template|transaction)\/[^/]+$/.test(pathname)) {
    return served('/index.html', ASSETS.get('index.html') ?? '');
  }
  return text(404, 'Not found\n');
}

const attributes = z.record(z.string(), z.json());
const questionSchema = z.strictObject({
  kind: z.enum(['template', 'transaction']),
  id: z.string(),
  data: z
    .strictObject({
      attributes,
      event: z.strictObject({ name: z.string(), attributes, createdAt: z.number() }).nullable(),
    })
    .optional(),
});

const readableSchema = z.strictObject({ html: z.string() });

async function bodyOf<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  // A form or beacon of another site cannot send this type without a preflight request.
  const isJson = request.headers.get('content-type')?.startsWith('application/json');
  const parsed = isJson ? schema.safeParse(await request.json().catch(() => undefined)) : undefined;
  if (!parsed?.success)
    throw new SegflowError('invalid_input', `Expected JSON: ${parsed?.error.message ?? ''}`);
  return parsed.data;
}

function changes(project: PreviewProject, signal: AbortSignal): Response {
  let stop = () => {};
  const stream = new ReadableStream({
    start(controller) {
      const tell = () => controller.enqueue(`data: ${project.state().version}\n\n`);
      const unsubscribe = project.onChange(tell);
      // Bun notices a disconnected reader only when writing.
      const alive = setInterval(() => controller.enqueue(': still here\n\n'), 15_000);
      stop = () => {
        unsubscribe();
        clearInterval(alive);
      };
      signal.addEventListener('abort', stop);
      controller.enqueue('retry: 500\n');
      tell();
    },
    cancel: () => stop(),
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}

const TYPES: Record<string, string> = {
  html: 'text/html',
  css: 'text/css',
  ts: 'text/javascript',
  svg: 'image/svg+xml',
};

function served(path: string, content: string): Response {
  const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain';
  return new Response(content, { headers: { 'content-type': `${type}; charset=utf-8` } });
}

function secured(response: Response): Response {
  response.headers.set('content-security-policy', POLICY);
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('referrer-policy', 'no-referrer');
  response.headers.set('cross-origin-resource-policy', 'same-origin');
  response.headers.set('cache-control', 'no-store');
  return response;
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status });
}

function text(status: number, message: string): Response {
  return new Response(message, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}
