import { z } from 'zod';

/* What a push or a rollback would do, and how to choose it. */

const count = z.number().int();
const ids = z.array(z.string());

const inFlightSchema = z
  .enum(['migrate', 'pin', 'restart', 'cancel'])
  .describe(
    'What happens to the runs in flight. migrate: runs whose history fits the new code move to it, the others stay on their code. pin: all stay on their code. restart: all start over. cancel: all end.',
  );
const existingSchema = z
  .enum(['enter', 'skip'])
  .describe('Whether people who qualify already enter a campaign that is new.');

export const choiceSchema = z.strictObject({
  dryRun: z.boolean().default(false).describe('Only make the plan.'),
  inFlight: inFlightSchema.default('migrate'),
  existing: existingSchema.default('enter'),
  plan: z
    .string()
    .max(64)
    .optional()
    .describe(
      'The token of the confirmed plan: refused with `conflict` if there was another deployment since.',
    ),
});

const changeSchema = z.enum(['added', 'removed', 'changed', 'unchanged']);
const contentSchema = z.object({ added: ids, removed: ids, changed: ids });

const forecastSchema = z.object({
  /** Emails at once, and within a year from now. */
  now: count,
  later: count,
  /** There would be more: after that, or after what cannot be foreseen or was not looked at any more. */
  more: z.boolean(),
  /** The flow fails for so many of them, for most of those with this reason (its stack in the lines after the first). Absent: for none. */
  failing: z.object({ count, reason: z.string() }).optional(),
  /** Reckoned up from a sample. */
  estimated: z.boolean(),
});
export type MessageForecast = z.infer<typeof forecastSchema>;

const plannedRunsSchema = z.object({
  /** In flight now. */
  live: count,
  /** Follow the new code from their next step on. */
  migrate: count,
  /** Stay on their code, because their history does not fit the new code, or because they are pinned. */
  stay: count,
  /** Of those that stay: pinned ones. */
  pinned: count,
  /** Neither the new code nor their own follows their history: they would wait, or go on waiting. */
  block: count,
  /** Blocked ones that go on, among those that migrate. */
  unblock: count,
  restart: count,
  /** Ended: the campaign is gone, or its user no longer qualifies, or --in-flight=cancel. */
  cancel: count,
  /** Why runs do not follow the new code: `step` counts from 1, `deployment` is whose code they follow. */
  divergences: z.array(
    z.object({ count, step: count, recorded: z.string(), yielded: z.string(), deployment: z.string() }),
  ),
  estimated: z.boolean(),
});
export type PlannedRuns = z.infer<typeof plannedRunsSchema>;

/** At the time the plan was made. */
export const planSchema = z.object({
  /** Names the state of things the plan was made from: refused once another deployment came between. */
  token: z.string(),
  deployment: z.string(),
  /** False when it is in force already. */
  changed: z.boolean(),
  inFlight: inFlightSchema,
  existing: existingSchema,
  segments: z.array(
    z.object({
      id: z.string(),
      change: changeSchema,
      /** Members before. */
      members: count,
      enter: count,
      leave: count,
    }),
  ),
  campaigns: z.array(
    z.object({
      id: z.string(),
      change: changeSchema,
      /** How many people would enter now, those who start over included. */
      enter: count,
      /** How many who qualify are kept out (--existing=skip). */
      skip: count,
      /** Emails to those who enter. */
      messages: forecastSchema,
      runs: plannedRunsSchema,
    }),
  ),
  templates: contentSchema,
  transactions: contentSchema,
  /** How many would be mailed on account of it. */
  people: count,
  /** The config wants to be asked: `push: { confirm: true }`. */
  confirm: z.boolean(),
});
export type Plan = z.infer<typeof planSchema>;

/** Answer 202: the plan is being made; ask again in the same words. */
export const planningSchema = z.object({
  planning: z.object({ stage: z.enum(['people', 'runs', 'messages']), done: count, total: count }),
});
export type Planning = z.infer<typeof planningSchema>;
