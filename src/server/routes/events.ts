import { type EventAnswer, eventAnswerSchema, eventSchema } from '../../protocol/api.ts';
import { type Api, endpoint } from '../http/endpoint.ts';
import { fastEvent } from '../http/fast-validate.ts';
import { accepted, eventOperation } from '../http/operations.ts';
import { waitQuery } from '../http/wait.ts';

export function eventRoutes(api: Api): void {
  const { backend, now } = api;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/events',
      tag: 'Events',
      summary: 'Record an event of a user',
      description:
        'The event is committed when the answer is sent. An event with a `messageId` that the user already has is not stored again.',
      query: waitQuery,
      body: { schema: eventSchema, fast: fastEvent },
      idempotent: true,
      answers: { 202: { description: 'The event is stored.', schema: eventAnswerSchema } },
      errors: [404],
    },
    async ({ body, query, idempotency }, c) => {
      const { userId, name } = body;
      const operation = eventOperation(body, now());
      const submit = async () => accepted('event', await backend.submit([operation], idempotency));
      const { result, changes } =
        query.wait === 'true'
          ? await backend.withChanges(userId, submit)
          : { result: await submit(), changes: undefined };
      const answer: EventAnswer = { event: { userId, name, duplicate: result.duplicate } };
      if (changes) answer.changes = changes;
      return c.json(answer, 202);
    },
  );
}
