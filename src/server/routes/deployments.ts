import type { Context } from 'hono';
import { z } from 'zod';
import {
  type DeploymentAnswer,
  deploymentAnswerSchema,
  deploymentItemSchema,
  MAX_PUSH_BYTES,
  pushSchema,
  rollbackSchema,
} from '../../protocol/api.ts';
import { type Planning, planningSchema } from '../../protocol/plan.ts';
import { type Api, endpoint } from '../http/endpoint.ts';

const ANSWERS = {
  200: { description: 'The plan: nothing was changed.', schema: deploymentAnswerSchema },
  202: { description: 'The plan is being made: send the same request again.', schema: planningSchema },
};

export function deploymentRoutes(api: Api): void {
  const { backend } = api;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/deployments',
      tag: 'Deployments',
      summary: 'Push a configuration, or only plan it',
      description:
        'Checks the configuration, makes a plan, and makes the configuration the active one. When it has problems, `details` lists every one and nothing changes. With `dryRun` only the plan is made; its `token`, given as `plan`, makes sure that exactly this plan is carried out.',
      body: { schema: pushSchema, maxBytes: MAX_PUSH_BYTES },
      answers: { ...ANSWERS, 201: { description: 'It is active.', schema: deploymentAnswerSchema } },
      errors: [409, 422],
    },
    async ({ body }, c) => answer(c, await backend.push(body), 201),
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

  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/rollback',
      tag: 'Deployments',
      summary: 'Return to an earlier configuration, or only plan it',
      description: 'Makes an earlier configuration active again, as it was pushed then.',
      body: { schema: rollbackSchema },
      answers: {
        ...ANSWERS,
        200: { description: 'It is active; or the plan, with `dryRun`.', schema: deploymentAnswerSchema },
      },
      errors: [404, 409],
    },
    async ({ body }, c) => answer(c, await backend.rollback(body), 200),
  );
}

// --- internal ---

function answer(c: Context, result: DeploymentAnswer | Planning, applied: 200 | 201): Response {
  if ('planning' in result) return c.json(result, 202);
  return c.json(result, result.applied ? applied : 200);
}
