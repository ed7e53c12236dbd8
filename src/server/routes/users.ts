import type { z } from 'zod';
import {
  type Changes,
  journeySchema,
  type UserAnswer,
  userAnswerSchema,
  userBodySchema,
} from '../../protocol/api.ts';
import type { BackendOperation } from '../backend/backend.ts';
import { type Api, endpoint, type Input } from '../http/endpoint.ts';
import { fastUserBody } from '../http/fast-validate.ts';
import { accepted } from '../http/operations.ts';
import { type WaitQuery, waitQuery } from '../http/wait.ts';

type UserInput = Input<z.output<typeof userBodySchema>, WaitQuery>;

export function userRoutes(api: Api): void {
  const { backend } = api;
  const common = {
    path: '/v1/users/{id}',
    tag: 'Users',
    query: waitQuery,
    body: { schema: userBodySchema, fast: fastUserBody },
    idempotent: true,
  } as const;

  endpoint(
    api,
    {
      ...common,
      method: 'put',
      summary: 'Create a user, or merge attributes',
      description:
        'Creates the user, or merges the attributes into those of the user that exists (RFC 7396): objects merge, null removes, anything else replaces.',
      answers: {
        200: { description: 'The user existed.', schema: userAnswerSchema },
        201: { description: 'The user was created.', schema: userAnswerSchema },
      },
    },
    async (input, c) => {
      const answer = await write(input, 'upsert');
      return c.json(answer, answer.created ? 201 : 200);
    },
  );

  endpoint(
    api,
    {
      ...common,
      method: 'patch',
      summary: "Merge into a user's attributes",
      description: 'As PUT, but the user must exist.',
      answers: { 200: { description: 'The user as it is now.', schema: userAnswerSchema } },
      errors: [404],
    },
    async (input, c) => c.json(await write(input, 'merge')),
  );

  endpoint(
    api,
    {
      path: common.path,
      tag: common.tag,
      method: 'get',
      summary: "A user's journey",
      description: 'Attributes, segments, runs with their steps, messages and latest events.',
      answers: { 200: { description: 'The journey.', schema: journeySchema } },
      errors: [404],
    },
    async ({ id }, c) => c.json(await backend.journey(id)),
  );

  endpoint(
    api,
    {
      path: common.path,
      tag: common.tag,
      method: 'delete',
      summary: 'Remove a user',
      description:
        'Removes the user with events, memberships and runs. Messages stay in the ledger, without their address.',
      idempotent: true,
      answers: { 204: { description: 'Gone.' } },
      errors: [404],
    },
    async ({ id, idempotency }, c) => {
      accepted('delete', await backend.submit([{ type: 'delete', id }], idempotency));
      return c.body(null, 204);
    },
  );

  async function write(input: UserInput, mode: 'upsert' | 'merge'): Promise<UserAnswer> {
    const { id, idempotency } = input;
    const operation: BackendOperation = { type: 'user', id, attributes: input.body.attributes, mode };
    const submit = async () => accepted('user', await backend.submit([operation], idempotency));
    if (input.query.wait !== 'true') return answerOf(id, await submit());
    const { result, changes } = await backend.withChanges(id, submit);
    return answerOf(id, result, changes);
  }
}

function answerOf(
  id: string,
  result: { attributes: UserAnswer['user']['attributes']; created: boolean },
  changes?: Changes,
): UserAnswer {
  const { attributes, created } = result;
  return { user: { id, attributes }, created, ...(changes ? { changes } : {}) };
}
