import { z } from 'zod';
import { SegflowError } from '../../core/errors.ts';
import { type Api, endpoint } from '../http/endpoint.ts';

export function healthRoutes(api: Api): void {
  endpoint(
    api,
    {
      method: 'get',
      path: '/healthz',
      tag: 'Health',
      summary: 'Whether the process is alive',
      open: true,
      answers: {
        200: { description: 'It is.', schema: z.object({ ok: z.literal(true), version: z.string() }) },
      },
    },
    (_input, c) => c.json({ ok: true, version: api.version }),
  );

  endpoint(
    api,
    {
      method: 'get',
      path: '/readyz',
      tag: 'Health',
      summary: 'Whether it can take requests',
      open: true,
      answers: { 200: { description: 'It can.', schema: z.object({ ready: z.literal(true) }) } },
    },
    async (_input, c) => {
      const reason = await api.backend.notReady();
      if (reason === undefined) return c.json({ ready: true });
      throw new SegflowError('unavailable', `not ready: ${reason}`, { hint: 'Try again in a moment.' });
    },
  );
}
