/**
 * What becomes of the runs in flight. `migrate`: those whose history the new code follows move to it, the others stay on their
 * code. `pin`: all stay on their code to their end. `restart`: ended, and entered anew. `cancel`: ended.
 */
export type InFlight = 'migrate' | 'pin' | 'restart' | 'cancel';
/** Whether people who qualify already enter a campaign that is new. */
export type Existing = 'enter' | 'skip';

export type Change = 'added' | 'removed' | 'changed' | 'unchanged';

/** What putting a configuration in force would do, at the time the plan was made. */
export interface Plan {
  /** Names the state of things the plan was made from: activating with it is refused once another deployment came between. */
  token: string;
  deployment: string;
  /** False when it is in force already. */
  changed: boolean;
  inFlight: InFlight;
  existing: Existing;
  segments: PlannedSegment[];
  campaigns: PlannedCampaign[];
  templates: PlannedContent;
  transactions: PlannedContent;
  /** How many people would be mailed on account of it. */
  people: number;
  /** The config wants to be asked. */
  confirm: boolean;
}

export interface PlannedSegment {
  id: string;
  change: Change;
  /** Members before. */
  members: number;
  enter: number;
  leave: number;
}

export interface PlannedCampaign {
  id: string;
  change: Change;
  /** How many people would enter now, those who start over included. */
  enter: number;
  /** How many who qualify are kept out (--existing=skip). */
  skip: number;
  messages: Forecast;
  runs: PlannedRuns;
}

/** Emails to those who enter. */
export interface Forecast {
  now: number;
  /** Within a year from now. */
  later: number;
  /** There would be more: after that, or after what cannot be foreseen or was not looked at any more. */
  more: boolean;
  /** The flow fails for so many of them, for most of those with this reason (its stack in the lines after the first). */
  failing?: { count: number; reason: string };
  /** Reckoned up from a sample. */
  estimated: boolean;
}

export interface PlannedRuns {
  /** In flight now. */
  live: number;
  /** Follow the new code from their next step on. */
  migrate: number;
  /** Stay on their code, because their history does not fit the new, or because they are pinned. */
  stay: number;
  /** Of those that stay: pinned ones. */
  pinned: number;
  /** Neither the new code nor their own follows their history: they would wait, or go on waiting. */
  block: number;
  /** Blocked ones that go on, among those that migrate. */
  unblock: number;
  restart: number;
  /** Ended: the campaign is gone, or its user no longer qualifies, or --in-flight=cancel. */
  cancel: number;
  /** Why runs do not follow the new code, the most frequent first. */
  divergences: Divergence[];
  /** Reckoned up: there were too many different histories to try them all. */
  estimated: boolean;
}

export interface Divergence {
  /** How many runs. */
  count: number;
  /** The step, from 1. */
  step: number;
  recorded: string;
  yielded: string;
  /** The deployment whose code they follow. */
  deployment: string;
}

export interface PlannedContent {
  added: string[];
  removed: string[];
  changed: string[];
}

export interface PlanProgress {
  /** What is being looked at. */
  stage: 'people' | 'runs' | 'messages';
  done: number;
  total: number;
}

export function noRuns(): PlannedRuns {
  return {
    live: 0,
    migrate: 0,
    stay: 0,
    pinned: 0,
    block: 0,
    unblock: 0,
    restart: 0,
    cancel: 0,
    divergences: [],
    estimated: false,
  };
}
