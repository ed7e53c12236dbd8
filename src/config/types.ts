import type { SQL } from 'drizzle-orm';
import type { QueryBuilder } from 'drizzle-orm/mysql-core';
import type { ComponentType } from 'react';
import type { Duration } from '../core/duration.ts';
import type { Command, FlowEvent } from '../flow/commands/commands.ts';
import type { Runtime } from '../flow/commands/runtime.ts';

/** A project's whole configuration: the default export of `segflow.config.ts`. `A` is the shape of a user's attributes. */
export interface SegflowConfig<A extends object = Record<string, unknown>> {
  emailProvider: EmailProvider;
  /** Emails that campaigns send, by id. */
  templates?: Record<string, Template<A>>;
  /** Groups of users, by id. */
  segments?: Record<string, Segment>;
  /** Flows that users of segments go through, by id. */
  campaigns?: Record<string, Campaign<A>>;
  /** Emails sent once for every event of a name, by id. */
  transactions?: Record<string, Transaction<A>>;
  push?: {
    /** Ask before a push mails people. Without a terminal a push needs `--yes`. Default false. */
    confirm?: boolean;
  };
}

export interface EmailProvider {
  config: PostmarkConfig | FileProviderConfig;
  /** The sender: `hello@example.com` or `Example <hello@example.com>`. */
  fromAddress: string;
  replyTo?: string | undefined;
}

export interface PostmarkConfig {
  name: 'postmark';
  /** The server API token of the Postmark server. */
  apiKey: string;
  /** Base URL of the API; the environment variable POSTMARK_API_URL has precedence. Default https://api.postmarkapp.com */
  url?: string | undefined;
  /** The message stream of campaigns' emails. Default `outbound`; marketing mail belongs in a broadcast stream. */
  messageStream?: string | undefined;
  /** The message stream of transactions' emails. Default `outbound`. */
  transactionalStream?: string | undefined;
}

/** Writes each email as an `.eml` file instead of sending it. */
export interface FileProviderConfig {
  name: 'file';
  /** Folder for the files, relative to the data folder. Default `outbox`. */
  directory?: string | undefined;
}

export interface Template<A extends object> {
  subject: string | ((user: A) => string);
  /**
   * Receives `user` and the `props` of `rt.sendEmail`. Declare such props as optional (`code?:
   * string`), because not every flow passes them.
   */
  component: ComponentType<{ user: A }>;
}

/** The event a transaction answers. */
export interface TransactionEvent {
  name: string;
  attributes: Record<string, unknown>;
  createdAt: Date;
}

export interface Transaction<A extends object> {
  /** Name of the event that sends this email. */
  event: string;
  subject: string | ((user: A, event: TransactionEvent) => string);
  component: ComponentType<{ user: A; event: TransactionEvent }>;
}

/**
 * The evaluator's argument: Drizzle's MySQL query builder (`select`, `selectDistinct`, `with`, …).
 * The evaluator builds a query and Segflow runs it. Set operations are methods of selects,
 * `db.select(…).union(db.select(…))`: Drizzle's types refuse these selects in a separate
 * `union(…)`.
 */
export type SegmentDb = Pick<QueryBuilder, 'select' | 'selectDistinct' | '$with' | 'with'>;

/**
 * One SELECT of user ids: a Drizzle select of `{ id }`, or SQL text of a SELECT whose only column
 * is the user's id. (Types cannot forbid further columns; a push does.)
 */
export type SegmentQuery =
  | { getSQL(): SQL; readonly _: { readonly selectMode: 'partial'; readonly result: { id: string }[] } }
  | SQL;

export interface Segment {
  evaluator: (db: SegmentDb) => SegmentQuery;
  /**
   * When to evaluate, instead of the default: for a user whenever the user's attributes or events
   * change, and every minute when time alone can change the members.
   */
  triggers?: SegmentTriggers;
}

export interface SegmentTriggers {
  /** Evaluate for everyone this often: `{ minutes: 15 }` or `'15m'`. At least one second. */
  every?: Duration | string;
  /** Evaluate for everyone at these times: a cron expression, UTC. */
  cron?: string;
  /** Only these events cause an evaluation of their user. Changed attributes always do. */
  events?: string[];
}

/** A flow's view of its user. */
export interface UserContext<A extends object = Record<string, unknown>> {
  readonly id: string;
  /** The attributes as they were when this part of the flow first ran. */
  readonly attributes: Readonly<A>;
  /** When the user entered the campaign. */
  readonly enteredAt: Date;
  /** 1 for the user's first run of the campaign, 2 for the second, … */
  readonly entry: number;
  /** The event that caused the entry; null for another cause. */
  readonly event: FlowEvent | null;
  /** The state passed to `rt.continueAsNew`, as JSON; null at first. */
  readonly state: unknown;
}

/** A campaign's script. Segflow replays it, so the same history must lead to the same steps. */
export type Flow<A extends object> = (ctx: UserContext<A>, rt: Runtime) => Generator<Command, void, never>;

export interface Campaign<A extends object> {
  /** Ids of segments. A user who is in all of them enters. */
  segments: string[];
  /** Ids of segments. A user who is in any of them does not enter. */
  excludeSegments?: string[];
  /**
   * `static`: users run through to the end. `dynamic`: users leave as soon as they stop qualifying,
   * and enter again when they qualify again.
   */
  behavior: 'static' | 'dynamic';
  /**
   * Whether users may enter again. `once`: never. `always`: whenever they come to qualify again. `{
   * after }`: the same, but not before this time has passed since their last entry. Default: `once`
   * for static campaigns, `always` for dynamic ones.
   */
  reentry?: 'once' | 'always' | { after: Duration | string };
  /**
   * Ends the flow of a user who does this event or comes into this segment. Users in the segment do
   * not enter.
   */
  exitWhen?: CampaignTrigger;
  /**
   * The campaign's goal. Users who do this event, or come into this segment, `within` this time
   * after their entry are counted: see `segflow status`.
   */
  goal?: CampaignTrigger & { within?: Duration | string };
  /**
   * When several campaigns are due at the same time, steps and mail of the one with the higher
   * priority go first. A whole number, -1,000 to 1,000. Default 0.
   */
  priority?: number;
  /** Users start at moments spread over this time after the entry, instead of all at once. */
  spread?: Duration | string;
  flow: Flow<A>;
}

/** An event by its name, a segment by its id, or either. */
export type CampaignTrigger = { event: string; segment?: string } | { event?: string; segment: string };

/** Gives a configuration its type without naming it: `export default defineConfig<MyAttributes>({ … })`. */
export function defineConfig<A extends object = Record<string, unknown>>(
  config: SegflowConfig<A>,
): SegflowConfig<A> {
  return config;
}
