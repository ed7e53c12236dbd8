import { z } from 'zod';

/* The plan of a push or a rollback, and the choices. */

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
  /** Emails sent immediately, and within a year from now. */
  now: count,
  later: count,
  /**
   * There would be more emails: after that year, or after steps that cannot be foreseen or were not
   * examined.
   */
  more: z.boolean(),
  /**
   * The number of people for whom the flow fails, and the most frequent reason (its stack in the
   * lines after the first). Absent: none.
   */
  failing: z.object({ count, reason: z.string() }).optional(),
  /** Extrapolated from a sample. */
  estimated: z.boolean(),
});
export type MessageForecast = z.infer<typeof forecastSchema>;

const plannedRunsSchema = z.object({
  /** In flight now. */
  live: count,
  /** Runs that follow the new code from their next step on. */
  migrate: count,
  /**
   * Runs that stay on their code, because their history does not fit the new code, or because they
   * are pinned.
   */
  stay: count,
  /** The pinned runs among those that stay. */
  pinned: count,
  /**
   * Runs whose history fits neither the new code nor their own: they would start or continue to be
   * blocked.
   */
  block: count,
  /** Blocked runs that continue, among those that migrate. */
  unblock: count,
  restart: count,
  /**
   * Runs that end: the campaign is removed, or the user no longer qualifies, or --in-flight=cancel.
   */
  cancel: count,
  /**
   * Why runs do not follow the new code: `step` counts from 1, `deployment` is the deployment whose
   * code they follow.
   */
  divergences: z.array(
    z.object({ count, step: count, recorded: z.string(), yielded: z.string(), deployment: z.string() }),
  ),
  estimated: z.boolean(),
});
export type PlannedRuns = z.infer<typeof plannedRunsSchema>;

/** At the time the plan was made. */
export const planSchema = z.object({
  /** Identifies the state that the plan was made from; refused after another deployment. */
  token: z.string(),
  deployment: z.string(),
  /** False if the deployment is already active. */
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
      /** How many people would enter now, including those who start over. */
      enter: count,
      /** How many qualifying people are kept out (--existing=skip). */
      skip: count,
      /** Emails to the people who enter. */
      messages: forecastSchema,
      runs: plannedRunsSchema,
    }),
  ),
  templates: contentSchema,
  transactions: contentSchema,
  /** How many people would be mailed because of the change. */
  people: count,
  /** The config requires confirmation: `push: { confirm: true }`. */
  confirm: z.boolean(),
});
export type Plan = z.infer<typeof planSchema>;

/** Answer 202: the plan is being made; send the same request again. */
export const planningSchema = z.object({
  planning: z.object({ stage: z.enum(['people', 'runs', 'messages']), done: count, total: count }),
});
export type Planning = z.infer<typeof planningSchema>;
