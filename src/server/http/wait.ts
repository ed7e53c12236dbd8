import { z } from 'zod';

export const waitQuery = z.strictObject({
  wait: z
    .enum(['true', 'false'])
    .optional()
    .describe('Answer only once segments and campaigns were evaluated, with `changes`.'),
});
export type WaitQuery = z.output<typeof waitQuery>;
