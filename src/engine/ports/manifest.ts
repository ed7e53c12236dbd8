import type { QueryFacts } from '../../sql/facts/query-facts.ts';

/* What Segflow knows about pushed code: what it defines, and what is wrong with it. */

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
  /** Pushes of this config must be confirmed. */
  confirm: boolean;
  /** Hashes by id that distinguish versions of an email or a flow. */
  contentHashes?: ContentHashes;
  /** Campaigns that skip people who qualified when the deployment was made. */
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
  /**
   * When a user may enter again: never, whenever they qualify again, or only this long after the
   * last entry.
   */
  reentry: 'once' | 'always' | { afterMs: number };
  /** Any of these ends a run. */
  exitWhen: { event?: string; segment?: string } | null;
  /**
   * Each of these counts as a conversion if it happens within `withinMs` of the entry; null: any
   * time.
   */
  goal: { event?: string; segment?: string; withinMs: number | null } | null;
  /** The higher priority goes first when campaigns compete. Default 0. */
  priority: number;
  /** Runs start at different moments within this time after the entry. Default 0: at once. */
  spreadMs: number;
}

export interface ManifestSegment {
  id: string;
  sql: string;
  params: unknown[];
  /** Time changes the evaluator's parameters, or the SQL reads the clock. */
  timeDependent: boolean;
  /** The evaluator's SQL or parameters change with time: ask the host for them at each evaluation. */
  volatile: boolean;
  /** What the segment's query reads. */
  facts: QueryFacts;
  triggers: { everyMs?: number; cron?: string; events?: string[] };
}

/** What the host finds in a bundle. The store adds `facts`; both decide `timeDependent`. */
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
