import { z } from 'zod';
import type { ErrorCode } from '../core/errors.ts';
import { choiceSchema, planSchema } from './plan.ts';
import { messageStatusSchema, pauseCauseSchema, runEndingSchema, runStatusSchema } from './states.ts';

/*
 * The wire contract: JSON over HTTP under /v1, `Authorization: Bearer KEY`. Times are ISO 8601 in
 * UTC.
 *
 *   PUT    /v1/users/:id             create the user, or merge attributes (RFC 7396)      → UserAnswer   201 or 200
 *   PATCH  /v1/users/:id             merge attributes; 404 when unknown                   → UserAnswer
 *   GET    /v1/users/:id             the journey                                          → Journey
 *   DELETE /v1/users/:id                                                                  → 204
 *   POST   /v1/events                                                                     → EventAnswer  202
 *   POST   /v1/batch                 up to 1,000 operations, in order                     → BatchAnswer
 *   GET    /v1/messages              ?user&status&campaign&template&before&limit          → MessageItem[]
 *   GET    /v1/status                                                                     → Status
 *   POST   /v1/deployments           push, or with `dryRun` only plan                     → DeploymentAnswer 201 or 200, Planning 202
 *   GET    /v1/deployments                                                                → DeploymentItem[]
 *   POST   /v1/rollback              return to an earlier deployment, or only plan        → DeploymentAnswer 200, Planning 202
 *   GET    /v1/users/:id/explain     ?campaign                                            → Explanation
 *   GET    /v1/pauses                                                                     → PauseItem[]
 *   POST   /v1/pauses                pause a campaign or everything                       → PauseItem 201
 *   DELETE /v1/pauses                ?campaign                                            → 204
 *   POST   /v1/retries               retry failed and blocked runs                        → RetryAnswer
 *   GET    /healthz, /readyz, /openapi.json   (no key)
 *
 * PUT, PATCH and POST of users and events accept `?wait=true`: they answer after segments and
 * campaigns were evaluated, with `changes`. `Idempotency-Key` (writes of users, events, batch): the
 * same key with the same request returns the first answer again.
 */

export const NAME_PATTERN = /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u;
/** "." and ".." cannot appear in a URL's path, so they are not valid ids. */
export const USER_ID_PATTERN = /^(?!\.{1,2}$)[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u;

export const userIdSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(
    USER_ID_PATTERN,
    'must not begin or end with a space, nor hold control characters, nor be "." or ".."',
  )
  .describe("The user's id in your system: 1 to 255 characters.");

export const eventNameSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(NAME_PATTERN, 'must not begin or end with a space, nor hold control characters')
  .describe("The event's name: 1 to 128 characters, such as `purchase`.");

export const attributesSchema = z.record(z.string(), z.json()).describe('A JSON object.');

export const eventSchema = z.strictObject({
  userId: userIdSchema,
  name: eventNameSchema,
  attributes: attributesSchema.default({}),
  messageId: z
    .string()
    .min(1)
    .max(255)
    .regex(NAME_PATTERN, 'must not begin or end with a space, nor hold control characters')
    .optional()
    .describe('Your own id of the event; a repeated one is not stored again.'),
  createdAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('When it happened, if not now. Not in the future.'),
});
export type EventBody = z.input<typeof eventSchema>;

export const userBodySchema = z.strictObject({ attributes: attributesSchema.default({}) });
export type UserBody = z.input<typeof userBodySchema>;

export const operationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('user'), id: userIdSchema, attributes: attributesSchema.default({}) }),
  z.strictObject({ type: z.literal('delete'), id: userIdSchema }),
  z.strictObject({ type: z.literal('event'), ...eventSchema.shape }),
]);
export type Operation = z.input<typeof operationSchema>;

export const MAX_BATCH = 1000;
export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_PUSH_BYTES = 32 * 1024 * 1024;

export const batchSchema = z.strictObject({ operations: z.array(operationSchema).min(1).max(MAX_BATCH) });
export type BatchBody = z.input<typeof batchSchema>;

export const pushSchema = z.strictObject({
  code: z.string().min(1).describe('The bundled configuration: one ES module.'),
  environment: z.record(z.string(), z.string()).default({}),
  origin: z
    .record(z.string().max(64), z.string().max(1_000))
    .default({})
    .describe('Where it comes from: `by`, `host`, `commit`, `message`, each where known.'),
  ...choiceSchema.shape,
});
export type PushBody = z.input<typeof pushSchema>;
export type Push = z.output<typeof pushSchema>;

const ids = z.array(z.string());
export const changesSchema = z.object({
  segments: z.object({ entered: ids, left: ids }),
  campaigns: z.object({ entered: ids, left: ids }),
});
export type Changes = z.infer<typeof changesSchema>;

export const userAnswerSchema = z.object({
  user: z.object({ id: z.string(), attributes: attributesSchema }),
  created: z.boolean(),
  changes: changesSchema.optional(),
});
export type UserAnswer = z.infer<typeof userAnswerSchema>;

export const eventAnswerSchema = z.object({
  event: z.object({ userId: z.string(), name: z.string(), duplicate: z.boolean() }),
  changes: changesSchema.optional(),
});
export type EventAnswer = z.infer<typeof eventAnswerSchema>;

export const errorSchema = z.object({
  error: z.object({
    code: z.string() as z.ZodType<ErrorCode>,
    message: z.string(),
    hint: z.string().optional(),
    details: z.unknown().optional(),
    retryable: z
      .boolean()
      .optional()
      .describe('Whether the same request may succeed later though nobody changed anything.'),
  }),
});
export type ErrorBody = z.infer<typeof errorSchema>;

export const batchAnswerSchema = z.object({
  accepted: z.number().int(),
  rejected: z.number().int(),
  /** One result an operation, in order. */
  results: z.array(
    z.union([z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false), ...errorSchema.shape })]),
  ),
});
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;

export const messageItemSchema = z.object({
  id: z.string(),
  userId: z.string(),
  template: z.string(),
  campaign: z.string().nullable(),
  to: z.string().nullable(),
  subject: z.string().nullable(),
  status: messageStatusSchema,
  reason: z.string().nullable(),
  createdAt: z.string(),
  sentAt: z.string().nullable(),
});
export type MessageItem = z.infer<typeof messageItemSchema>;

export const stepSchema = z.object({
  at: z.string(),
  kind: z.string(),
  /** The template of an email, or the length of a wait. */
  key: z.string(),
  /** Absent while the step is in progress, and if it failed. */
  result: z.unknown().optional(),
  /** Why a side effect failed for good. */
  error: z.string().optional(),
  endedAt: z.string().nullable(),
});

export const runItemSchema = z.object({
  campaign: z.string(),
  entry: z.number().int(),
  status: runStatusSchema,
  enteredAt: z.string(),
  endedAt: z.string().nullable(),
  wakeAt: z.string().nullable(),
  /** Why the run ended, failed or is blocked, in words. */
  reason: z.string().nullable(),
  ending: runEndingSchema.nullable(),
  /** How often the run was retried. */
  retries: z.number().int(),
  deployment: z.string(),
  steps: z.array(stepSchema),
});
export type RunItem = z.infer<typeof runItemSchema>;

export const journeySchema = z.object({
  id: z.string(),
  attributes: attributesSchema,
  createdAt: z.string(),
  segments: ids,
  runs: z.array(runItemSchema),
  messages: z.array(messageItemSchema),
  events: z.array(z.object({ name: z.string(), attributes: attributesSchema, createdAt: z.string() })),
});
export type Journey = z.infer<typeof journeySchema>;

export const statusSchema = z.object({
  version: z.string(),
  /** The kind of database: `embedded store`, `MariaDB 10.11.14`. */
  store: z.string(),
  deployment: z
    .object({ id: z.string(), activatedAt: z.string(), origin: z.record(z.string(), z.string()) })
    .nullable(),
  /** The pauses; a null `campaign` means everything. */
  pauses: z.array(
    z.object({
      campaign: z.string().nullable(),
      cause: pauseCauseSchema,
      reason: z.string(),
      since: z.string(),
    }),
  ),
  /** The processes that share the store; null if a single process has the store to itself. */
  nodes: z
    .array(z.object({ id: z.string(), name: z.string(), slots: z.number().int(), expiresAt: z.string() }))
    .nullable(),
  /**
   * After a restore from a backup: until when the mail provider is asked about each message before
   * it is sent. Null: not asked.
   */
  restored: z.object({ backedUpAt: z.string(), askingUntil: z.string() }).nullable(),
  users: z.number().int(),
  events: z.number().int(),
  /** Users waiting for an evaluation. */
  pending: z.number().int(),
  segments: z.array(z.object({ id: z.string(), size: z.number().int(), evaluatedAt: z.string().nullable() })),
  /**
   * The number of runs of each campaign, and how many reached its goal, if the campaign has or had
   * a goal.
   */
  campaigns: z.array(
    z.object({
      id: z.string(),
      entered: z.number().int(),
      converted: z.number().int(),
      goal: z.boolean(),
    }),
  ),
  runs: z.partialRecord(runStatusSchema, z.number().int()),
  messages: z.partialRecord(messageStatusSchema, z.number().int()),
  /** total = sent + failed + skipped + unknown + waiting (queued and sending). */
  ledger: z.object({ total: z.number().int(), balanced: z.boolean() }),
});
export type Status = z.infer<typeof statusSchema>;

export const deploymentAnswerSchema = z.object({
  deployment: z.string(),
  /** False if the same code was already active, or only a plan was made. */
  changed: z.boolean(),
  /** False if only a plan was made. */
  applied: z.boolean(),
  /** Names of the environment variables in the push. */
  environment: ids,
  segments: z.object({ added: ids, removed: ids, changed: ids }),
  campaigns: z.object({ added: ids, removed: ids }),
  templates: ids,
  transactions: ids,
  plan: planSchema,
});
export type DeploymentAnswer = z.infer<typeof deploymentAnswerSchema>;

const rollbackOriginSchema = z
  .strictObject({ by: z.string().max(1_000).optional(), host: z.string().max(1_000).optional() })
  .default({})
  .describe('Who returns to it, and from which machine, where known.');

export const rollbackSchema = z.strictObject({
  deployment: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('Id of a deployment, or how it begins. Default: the one in force before the present one.'),
  origin: rollbackOriginSchema,
  ...choiceSchema.shape,
});
export type Rollback = z.output<typeof rollbackSchema>;

export const deploymentItemSchema = z.object({
  id: z.string(),
  createdAt: z.string(),
  activatedAt: z.string().nullable(),
  active: z.boolean(),
  /**
   * The origin of the push: `by`, `host`, `commit`, `message`. After a rollback to it also who did
   * the last one: `rolledBackBy`, `rolledBackFrom`. Unknown values are absent.
   */
  origin: z.record(z.string(), z.string()),
  /** The number of runs in flight that followed this deployment's code in their last step. */
  runs: z.number().int(),
});
export type DeploymentItem = z.infer<typeof deploymentItemSchema>;

export const pauseSchema = z.strictObject({
  campaign: eventNameSchema.optional().describe('Id of a campaign. Default: everything.'),
  reason: z
    .string()
    .max(500)
    .optional()
    .describe('Why, in words. Without one, what is paused already keeps the reason it has.'),
});
export type PauseBody = z.input<typeof pauseSchema>;

export const pauseItemSchema = z.object({
  /** Null: everything. */
  campaign: z.string().nullable(),
  cause: pauseCauseSchema,
  /** The reason in words. */
  reason: z.string(),
  since: z.string(),
});
export type PauseItem = z.infer<typeof pauseItemSchema>;

export const retrySchema = z.strictObject({
  run: z.number().int().positive().optional(),
  user: userIdSchema.optional(),
  campaign: eventNameSchema.optional(),
});
export type RetryBody = z.input<typeof retrySchema>;
export const retryAnswerSchema = z.object({ retried: z.number().int() });
export type RetryAnswer = z.infer<typeof retryAnswerSchema>;
