import { type BatchAnswer, batchAnswerSchema, batchSchema } from '../../protocol/api.ts';
import type { OperationResult } from '../backend/backend.ts';
import { type Api, endpoint } from '../http/endpoint.ts';
import { errorBody } from '../http/error-response.ts';
import { fastBatch } from '../http/fast-validate.ts';
import { batchOperations } from '../http/operations.ts';

export function batchRoutes(api: Api): void {
  const { backend, now } = api;
  endpoint(
    api,
    {
      method: 'post',
      path: '/v1/batch',
      tag: 'Events',
      summary: 'Apply up to 1,000 operations',
      description:
        'Applies the operations in order and commits them together. A rejected operation (an unknown user) does not undo the others: see `results`. A malformed operation rejects the whole batch.',
      body: { schema: batchSchema, fast: fastBatch },
      idempotent: true,
      answers: { 200: { description: 'One result an operation, in order.', schema: batchAnswerSchema } },
    },
    async ({ body, idempotency }, c) => {
      const operations = batchOperations(body.operations, now());
      return c.json(answerOf(await backend.submit(operations, idempotency)));
    },
  );
}

function answerOf(results: OperationResult[]): BatchAnswer {
  let rejected = 0;
  const items: BatchAnswer['results'] = results.map((result) => {
    if (result.ok) return { ok: true };
    rejected++;
    return { ok: false, ...errorBody(result.error) };
  });
  return { accepted: items.length - rejected, rejected, results: items };
}
