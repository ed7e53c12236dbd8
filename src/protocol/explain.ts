import { z } from 'zod';
import { pauseCauseSchema, runEndingSchema } from './states.ts';

/* Why a user is, or is not, in a campaign. */

const time = z.string();
const value = z.unknown();

const conditionSchema = z.object({
  segment: z.string(),
  /** `required`: the campaign takes those who are in it. `excluded`: it does not. `exit`: nor that, and it ends their runs. */
  role: z.enum(['required', 'excluded', 'exit']),
  /** By an evaluation made for this answer. */
  member: z.boolean(),
  /** Member since, as stored; null when not stored as a member. */
  since: time.nullable(),
  /** The query, in MySQL's dialect. */
  sql: z.string(),
  params: z.array(value),
  /** What of the user the query looks at: an attribute as `attributes.plan`, the number of events as `events.purchase`. */
  sees: z.array(z.object({ name: z.string(), value })),
});

const explainedStepSchema = z.object({
  step: z.number().int(),
  at: time,
  kind: z.string(),
  key: z.string(),
  /** Absent while it is under way. */
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
  /** Why it ended, failed or is blocked, in words. */
  reason: z.string().nullable(),
  ending: runEndingSchema.nullable(),
  retries: z.number().int(),
  convertedAt: time.nullable(),
  /** Whose code it follows, and whether it stays on it. */
  deployment: z.string(),
  pinned: z.boolean(),
  /** The event that caused the entry. */
  cause: z.object({ name: z.string(), at: time }).nullable(),
  steps: z.array(explainedStepSchema),
  /** What `rt.variant` gave, by the name of the experiment, if anything and as far as the code follows what happened. */
  variants: z.record(z.string(), z.string()).optional(),
  /** What it waits for, in words; null when it waits for nothing. */
  waits: z.object({ for: z.string(), until: time.nullable() }).nullable(),
  /** Whether the code follows what happened, by replaying it just now. Null when it has ended. */
  follows: z
    .object({
      active: z.boolean(),
      own: z.boolean(),
      /** Where the active code goes another way. */
      divergence: z.object({ step: z.number().int(), recorded: z.string(), yielded: z.string() }).nullable(),
    })
    .nullable(),
});

const explainedCampaignSchema = z.object({
  campaign: z.string(),
  behavior: z.enum(['static', 'dynamic']).nullable(),
  /** One sentence: in it or not, and why. */
  summary: z.string(),
  qualifies: z.boolean(),
  conditions: z.array(conditionSchema),
  pauses: z.array(
    z.object({ campaign: z.string(), cause: pauseCauseSchema, reason: z.string(), since: time }),
  ),
  /** The latest first. */
  runs: z.array(explainedRunSchema),
});

export const explanationSchema = z.object({
  user: z.string(),
  /** The user waits for an evaluation: what is stored may be about to change. */
  pending: z.boolean(),
  deployment: z.string().nullable(),
  campaigns: z.array(explainedCampaignSchema),
});
export type Explanation = z.infer<typeof explanationSchema>;
export type ExplainedCampaign = z.infer<typeof explainedCampaignSchema>;
export type ExplainedRun = z.infer<typeof explainedRunSchema>;
export type Condition = z.infer<typeof conditionSchema>;
