import { z } from 'zod';
import { eventNameSchema, messageItemSchema, statusSchema, userIdSchema } from '../../protocol/api.ts';
import { messageStatusSchema } from '../../protocol/states.ts';
import { type Api, endpoint } from '../http/endpoint.ts';

const MAX_MESSAGES = 1000;

const messagesQuery = z.strictObject({
  user: userIdSchema.optional(),
  status: messageStatusSchema.optional(),
  campaign: eventNameSchema.optional().describe('Id of a campaign.'),
  template: eventNameSchema.optional().describe('Id of a template or transaction.'),
  before: z
    .string()
    .regex(/^\w{1,40}$/, 'must be the id of a message')
    .optional()
    .describe('Id of a message: only older ones.'),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|1000)$/, `must be a whole number from 1 to ${MAX_MESSAGES}`)
    .default('100')
    .describe(`How many, 1 to ${MAX_MESSAGES}.`),
});

export function readingRoutes(api: Api): void {
  const { backend } = api;
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/messages',
      tag: 'Messages',
      summary: 'Messages, the newest first',
      query: messagesQuery,
      answers: { 200: { description: 'The messages.', schema: z.array(messageItemSchema) } },
    },
    async ({ query }, c) => {
      const { user, limit, ...filter } = query;
      return c.json(await backend.messages({ ...filter, userId: user, limit: Number(limit) }));
    },
  );

  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/status',
      tag: 'Status',
      summary: 'Counts of users, events, segments, runs and messages',
      answers: { 200: { description: 'The counts.', schema: statusSchema } },
    },
    async (_input, c) => c.json(await backend.status()),
  );
}
