import type { QueryFacts } from '../../sql/facts/query-facts.ts';

/* What is known of pushed code: what it defines, and what is wrong with it. */

/** Pushed code with the environment variables it was pushed with. */
export interface Bundle {
  /** Hash of the code. */
  id: string;
  code: string;
  environment: Record<string, string>;
}

export interface Manifest {
  templates: string[];
  segments: ManifestSegment[];
  campaigns: ManifestCampaign[];
  transactions: { id: string; event: string }[];
  /** A push asks before it puts this in force. */
  confirm: boolean;
  /** What tells one version of an email or a flow from another: hashes by id. */
  contentHashes?: ContentHashes;
  /** Campaigns that those who qualified already when the deployment was made do not enter. */
  skipExisting?: string[];
}

export interface ContentHashes {
  templates: Record<string, string>;
  transactions: Record<string, string>;
  campaigns: Record<string, string>;
}

/** A campaign's rules, every default filled in. */
export interface ManifestCampaign {
  id: string;
  segments: string[];
  excludeSegments: string[];
  behavior: 'static' | 'dynamic';
  /** Who was in may enter again: never, whenever they come to qualify again, or then but no sooner than so long after their last entry. */
  reentry: 'once' | 'always' | { afterMs: number };
  /** Any of these ends a run. */
  exitWhen: { event?: string; segment?: string } | null;
  /** Any of these counts a conversion, `withinMs` after the entry at most; null: whenever. */
  goal: { event?: string; segment?: string; withinMs: number | null } | null;
  /** The higher goes first where campaigns compete. Default 0. */
  priority: number;
  /** Runs begin at a moment of their own within so long after the entry. Default 0: at once. */
  spreadMs: number;
}

export interface ManifestSegment {
  id: string;
  sql: string;
  params: unknown[];
  /** The evaluator builds other parameters at another time, or the SQL reads the clock. */
  timeDependent: boolean;
  /** The evaluator's SQL or parameters change with time: ask the host for them at each evaluation. */
  volatile: boolean;
  /** What its query reads. */
  facts: QueryFacts;
  triggers: { everyMs?: number; cron?: string; events?: string[] };
}

/** What the host finds in a bundle. `facts` come from the store, `timeDependent` from both. */
export interface Inspection {
  manifest: Omit<Manifest, 'segments'> & { segments: Omit<ManifestSegment, 'facts' | 'timeDependent'>[] };
  provider: ProviderSettings;
}

/** The config's emailProvider, resolved. Holds secrets: never logged, never stored in clear. */
export interface ProviderSettings {
  config:
    | { name: 'postmark'; apiKey: string; url?: string; messageStream?: string; transactionalStream?: string }
    | { name: 'file'; directory?: string };
  fromAddress: string;
  replyTo?: string;
}

/** One thing wrong with a config. */
export interface Problem {
  /** Where: `campaigns.welcome.segments[0]`. */
  path: string;
  message: string;
  hint?: string;
  file?: string;
  line?: number;
  column?: number;
  /** The lines around the place, for a terminal. */
  frame?: string;
}
