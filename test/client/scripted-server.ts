import { type AddressInfo, createServer } from 'node:net';

/** What a scripted server does with one request: an answer, or `silence`. */
export type Step = { status: number; body?: string; headers?: Record<string, string> } | 'silence';

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A server on a free port that does with each request what the script says; the last step goes on for ever. */
export function scriptedServer(script: Step[]) {
  const received: Received[] = [];
  const arrivals: (() => void)[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const url = new URL(request.url);
      received.push({
        method: request.method,
        path: url.pathname + url.search,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
      const step = script[Math.min(received.length, script.length) - 1];
      for (const arrive of arrivals.splice(0)) arrive();
      if (step === undefined || step === 'silence') return await new Promise<Response>(() => {});
      return new Response(step.status === 204 ? null : (step.body ?? '{}'), {
        status: step.status,
        headers: { 'content-type': 'application/json', ...step.headers },
      });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    received,
    /** Resolves when `count` requests have come. */
    async arrived(count: number): Promise<void> {
      while (received.length < count) await new Promise<void>((resolve) => arrivals.push(resolve));
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** A server that hangs up in the middle of its first answer, and gives `body` to every other request. */
export async function hangingUpServer(body: string) {
  let connections = 0;
  const server = createServer((socket) => {
    const first = connections++ === 0;
    socket.once('data', () => {
      const length = first ? body.length + 100 : body.length;
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
      );
      socket.end();
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
