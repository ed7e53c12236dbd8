import { z } from 'zod';

/* The closed sets of states and reasons: the values of the columns in src/schema. */

export const messageStatusSchema = z.enum(['queued', 'sending', 'sent', 'failed', 'skipped', 'unknown']);

export const runStatusSchema = z.enum([
  'pending',
  'running',
  'sleeping',
  'blocked',
  'completed',
  'failed',
  'cancelled',
]);

export const runEndingSchema = z
  .enum([
    'completed',
    'exited',
    'failed',
    'left',
    'exit_event',
    'exit_segment',
    'removed',
    'cancelled',
    'restarted',
    'skipped',
  ])
  .describe(
    'Why a run ended: its flow finished, called `rt.exit`, or failed; the user left the segments; `exitWhen`; a deployment removed the campaign, or cancelled, restarted or skipped the run.',
  );

export const pauseCauseSchema = z
  .enum(['manual', 'failing', 'secret_lost'])
  .describe(
    'Why something is paused: a person paused it; it failed repeatedly; the secret of the pushed environment was lost.',
  );
