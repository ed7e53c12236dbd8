import { z } from 'zod';
import { SegflowError } from '../../core/errors.ts';
import {
  eventNameSchema,
  pauseItemSchema,
  pauseSchema,
  retryAnswerSchema,
  retrySchema,
} from '../../protocol/api.ts';
import { explanationSchema } from '../../protocol/explain.ts';
import { type Api, endpoint } from '../http/endpoint.ts';

const campaignQuery = z.strictObject({ campaign: eventNameSchema.optional().describe('Id of a campaign.') });

/** Routes for operating campaigns: explain, pause, resume, retry. */
export function operatingRoutes(api: Api): void {
  const { backend } = api;
  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/users/{id}/explain',
      tag: 'Users',
      summary: 'Why a user is, or is not, in a campaign',
      description:
        "The user's segments as evaluated now with the values they look at, the steps of each run, and what the run waits for. Without `campaign`: for every campaign.",
      query: campaignQuery,
      answers: { 200: { description: 'The explanation.', schema: explanationSchema } },
      errors: [404],
    },
    async ({ id, query }, c) => c.json(await backend.explain(id, query.campaign)),
  );

  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/pauses',
      tag: 'Operating',
      summary: 'What is paused',
      answers: { 200: { description: 'The pauses.', schema: z.array(pauseItemSchema) } },
    },
    async (_input, c) => c.json(await backend.pauses()),
  );

  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/pauses',
      tag: 'Operating',
      summary: 'Pause a campaign, or everything',
      description:
        'Pauses immediately, wherever each run is; no run loses its place. Without `campaign`: everything, including all mail.',
      body: { schema: pauseSchema },
      answers: { 201: { description: 'It is paused.', schema: pauseItemSchema } },
      errors: [404],
    },
    async ({ body }, c) => c.json(await backend.pause(body), 201),
  );

  endpoint(
    api,
    {
      method: 'delete',
      path: '/v1/pauses',
      tag: 'Operating',
      summary: 'Let a campaign, or everything, go on',
      query: campaignQuery,
      answers: { 204: { description: 'It goes on.' } },
      errors: [404],
    },
    async ({ query }, c) => {
      if (await backend.resume(query.campaign)) return c.body(null, 204);
      const what =
        query.campaign === undefined ? 'nothing is paused as a whole' : `"${query.campaign}" is not paused`;
      throw new SegflowError('not_found', what, { hint: '`segflow status` shows what is paused.' });
    },
  );

  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/retries',
      tag: 'Operating',
      summary: 'Have failed and blocked runs try again',
      description: 'All of them, or those of a campaign, a user, or one run.',
      body: { schema: retrySchema },
      answers: { 200: { description: 'How many.', schema: retryAnswerSchema } },
      errors: [404],
    },
    async ({ body }, c) => c.json(await backend.retry(body)),
  );
}
