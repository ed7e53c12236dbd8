import { createApp } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import { MemoryBackend } from '../server/memory-backend.ts';

export const API_KEY = 'test-key';

/** Segflow's HTTP server over a backend in memory. */
export async function memoryServer() {
  const backend = new MemoryBackend();
  const app = createApp({ backend, apiKey: API_KEY, version: '1.2.3' });
  const listening = await listen(app, { host: '127.0.0.1', port: 0 });
  return {
    backend,
    url: listening.url,
    environment: { SEGFLOW_URL: listening.url, SEGFLOW_API_KEY: API_KEY },
    [Symbol.asyncDispose]: () => listening.stop(),
  };
}
