import { SegflowError } from '../../core/errors.ts';
import type { BackendOperation, OperationResult } from '../backend/backend.ts';
import type { BatchOperation, EventInput } from './fast-validate.ts';
import { type FieldProblem, invalid } from './validate.ts';

/** How far the sender's clock may be ahead; events within this limit count as now. */
const CLOCK_SKEW_MS = 60_000;

/** Builds the operation of an event. Throws `invalid_input` when `createdAt` lies in the future. */
export function eventOperation(event: EventInput, now: number): BackendOperation {
  const problem = createdAtProblem(event.createdAt, now, '');
  if (problem) throw invalid([problem], 'the body');
  return toEvent(event, now);
}

/** Builds the operations of a batch. Throws one `invalid_input` for all events from the future. */
export function batchOperations(operations: BatchOperation[], now: number): BackendOperation[] {
  const problems: FieldProblem[] = [];
  const result = operations.map((operation, index): BackendOperation => {
    if (operation.type === 'user') return { ...operation, mode: 'upsert' };
    if (operation.type === 'delete') return operation;
    const problem = createdAtProblem(operation.createdAt, now, `operations[${index}].`);
    if (problem) problems.push(problem);
    return toEvent(operation, now);
  });
  if (problems.length > 0) throw invalid(problems, 'the body');
  return result;
}

/** The result of a single submitted operation. Throws the operation's error if it was rejected. */
export function accepted<K extends BackendOperation['type']>(
  type: K,
  results: OperationResult[],
): Extract<OperationResult, { ok: true; type: K }> {
  const [result] = results;
  if (result?.ok === false) {
    const { code, message, hint } = result.error;
    throw new SegflowError(code, message, { hint });
  }
  if (result?.type !== type) throw new Error(`the backend's result is no ${type} result`);
  return result as Extract<OperationResult, { ok: true; type: K }>;
}

function toEvent(event: EventInput, now: number): BackendOperation {
  const { userId, name, attributes, messageId, createdAt } = event;
  const operation: BackendOperation = { type: 'event', userId, name, attributes };
  if (messageId !== undefined) operation.messageId = messageId;
  if (createdAt !== undefined) operation.createdAt = Math.min(Date.parse(createdAt), now);
  return operation;
}

function createdAtProblem(
  createdAt: string | undefined,
  now: number,
  prefix: string,
): FieldProblem | undefined {
  if (createdAt === undefined) return undefined;
  const at = Date.parse(createdAt);
  if (at >= 0 && at <= now + CLOCK_SKEW_MS) return undefined;
  const expected = 'a time between 1970 and now';
  return {
    path: `${prefix}createdAt`,
    message: at > now ? 'lies in the future' : `must be ${expected}`,
    expected,
    got: `${createdAt}, while now is ${new Date(now).toISOString()}`,
  };
}
