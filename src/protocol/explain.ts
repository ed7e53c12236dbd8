import { z } from 'zod';
import { pauseCauseSchema, runEndingSchema } from './states.ts';

/* Why a user is, or is not, in a campaign. */

const time = z.string();
const value = z.unknown();

const conditionSchema = z.object({
  segment: z.string(),
  /**
   * `required`: the campaign takes members of the segment. `excluded`: the campaign does not take
   * them. `exit`: the same, and membership also ends their runs.
   */
  role: z.enum(['required', 'excluded', 'exit']),
  /** Evaluated for this answer. */
  member: z.boolean(),
  /** Since when the user is a stored member; null if not stored as a member. */
  since: time.nullable(),
  /** The query, in MySQL's dialect. */
  sql: z.string(),
  params: z.array(value),
  /**
   * The user's values that the query looks at: an attribute as `attributes.plan`, the number of
   * events as `events.purchase`.
   */
  sees: z.array(z.object({ name: z.string(), value })),
});

const explainedStepSchema = z.object({
  step: z.number().int(),
  at: time,
  kind: z.string(),
  key: z.string(),
  /** Absent while the step is in progress. */
  result: z.unknown().optional(),
  endedAt: time.nullable(),
  message: z
    .object({ id: z.string(), status: z.string(), to: z.string().nullable(), reason: z.string().nullable() })
    .optional(),
});

const explainedRunSchema = z.object({
  id: z.number().int(),
  entry: z.number().int(),
  status: z.string(),
  enteredAt: time,
  endedAt: time.nullable(),
  /** Why the run ended, failed or is blocked, in words. */
  reason: z.string().nullable(),
  ending: runEndingSchema.nullable(),
  retries: z.number().int(),
  convertedAt: time.nullable(),
  /** The deployment whose code the run follows, and whether the run stays on it. */
  deployment: z.string(),
  pinned: z.boolean(),
  /** The event that caused the entry. */
  cause: z.object({ name: z.string(), at: time }).nullable(),
  steps: z.array(explainedStepSchema),
  /** The results of `rt.variant` by experiment, if any, as far as the code follows the history. */
  variants: z.record(z.string(), z.string()).optional(),
  /** What the run waits for, in words; null if it waits for nothing. */
  waits: z.object({ for: z.string(), until: time.nullable() }).nullable(),
  /**
   * Whether the code follows the run's history, found by replaying it for this answer. Null when
   * the run has ended.
   */
  follows: z
    .object({
      active: z.boolean(),
      own: z.boolean(),
      /** Where the active code diverges from the history. */
      divergence: z.object({ step: z.number().int(), recorded: z.string(), yielded: z.string() }).nullable(),
    })
    .nullable(),
});

const explainedCampaignSchema = z.object({
  campaign: z.string(),
  behavior: z.enum(['static', 'dynamic']).nullable(),
  /** One sentence: whether the user is in the campaign, and why. */
  summary: z.string(),
  qualifies: z.boolean(),
  conditions: z.array(conditionSchema),
  pauses: z.array(
    z.object({ campaign: z.string(), cause: pauseCauseSchema, reason: z.string(), since: time }),
  ),
  /** The latest run first. */
  runs: z.array(explainedRunSchema),
});

export const explanationSchema = z.object({
  user: z.string(),
  /** The user waits for an evaluation, so the stored values may be about to change. */
  pending: z.boolean(),
  deployment: z.string().nullable(),
  campaigns: z.array(explainedCampaignSchema),
});
export type Explanation = z.infer<typeof explanationSchema>;
export type ExplainedCampaign = z.infer<typeof explainedCampaignSchema>;
export type ExplainedRun = z.infer<typeof explainedRunSchema>;
export type Condition = z.infer<typeof conditionSchema>;
