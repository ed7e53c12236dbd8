export type {
  Campaign,
  CampaignTrigger,
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
export type {
  Command,
  EmailOutcome,
  FlowEvent,
  SideEffectContext,
  TimedCommand,
} from './flow/commands/commands.ts';
export type { FlowDb, FlowQuery, RaceResult, RowsOf, Runtime, Weekday } from './flow/commands/runtime.ts';
