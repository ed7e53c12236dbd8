export type {
  Campaign,
  EmailProvider,
  FileProviderConfig,
  Flow,
  PostmarkConfig,
  SegflowConfig,
  Segment,
  SegmentDb,
  SegmentQuery,
  SegmentTriggers,
  Template,
  Transaction,
  TransactionEvent,
  UserContext,
} from './config/types.ts';
export { defineConfig } from './config/types.ts';
export type { Duration } from './core/duration.ts';
export type { Command, EmailOutcome } from './flow/commands.ts';
export type { Runtime } from './flow/runtime.ts';
