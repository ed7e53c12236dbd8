import { z } from 'zod';
import {
  deploymentAnswerSchema,
  deploymentItemSchema,
  MAX_PUSH_BYTES,
  pushSchema,
} from '../../protocol/api.ts';
import { type Api, endpoint } from '../endpoint.ts';

export function deploymentRoutes(api: Api): void {
  const { backend } = api;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/deployments',
      tag: 'Deployments',
      summary: 'Push a configuration',
      description:
        'Checks it and makes it the active one. When it is wrong, `details` lists every problem and nothing changes.',
      body: { schema: pushSchema, maxBytes: MAX_PUSH_BYTES },
      answers: { 201: { description: 'It is active.', schema: deploymentAnswerSchema } },
      errors: [422],
    },
    async ({ body }, c) => c.json(await backend.push(body), 201),
  );

  endpoint(
    api,
    {
      method: 'get',
      path: '/v1/deployments',
      tag: 'Deployments',
      summary: 'Configurations pushed so far, the newest first',
      answers: { 200: { description: 'The deployments.', schema: z.array(deploymentItemSchema) } },
    },
    async (_input, c) => c.json(await backend.deployments()),
  );
}
