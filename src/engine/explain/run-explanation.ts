import type { Json } from '../../core/json.ts';
import type { ActivationOutput } from '../../flow/activation/activation.ts';
import { timezoneOf } from '../../flow/commands/daytime.ts';
import type { TimedPending } from '../../flow/commands/pending.ts';
import { type JournalEntry, parseJournal } from '../../flow/journal/journal.ts';
import type { ExplainedRun } from '../../protocol/explain.ts';
import type { Deployment, Deployments } from '../deployments/deployments.ts';
import type { ReplayableRun } from '../ports/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { Bundle } from '../ports/manifest.ts';
import type { MessageView, RunView } from '../ports/reads.ts';
import type { Store } from '../ports/store.ts';
import { isLive } from '../rules/qualification.ts';
import { parseAwaits } from '../waits/awaits.ts';

/** What happened in a run, what it waits for, and whether the code still follows it. */
export async function explainRun(
  world: { store: Store; host: Host; deployments: Deployments; deployment: Deployment | undefined },
  run: RunView,
  messages: MessageView[],
): Promise<ExplainedRun> {
  const { entries, base } = parseJournal(run.journal);
  const [replayable] = await world.store.replayableRuns([run.id]);
  const byPosition = new Map(
    messages.flatMap((message) => (message.runId === run.id ? [[message.position, message] as const] : [])),
  );
  const cause = replayable?.event;
  const replays = replayable && (await replaysOf(world, replayable, run));
  return {
    id: run.id,
    entry: run.entry,
    status: run.status,
    enteredAt: iso(run.enteredAt),
    endedAt: isoOrNull(run.endedAt),
    reason: run.reason,
    ending: run.ending,
    retries: run.retries,
    convertedAt: isoOrNull(run.convertedAt),
    deployment: run.deploymentId,
    pinned: run.pinned,
    cause: cause ? { name: cause.name, at: iso(cause.createdAt) } : null,
    steps: entries.map((entry, i) => stepOf(entry, base + i, byPosition.get(base + i))),
    waits: isLive(run)
      ? waitOf(run, {
          last: entries.at(-1),
          message: byPosition.get(base + entries.length - 1),
          timezone: replayable?.attributes.timezone,
          now: await world.store.now(),
        })
      : null,
    ...(replays?.own?.outcome === 'advanced' && replays.own.variants
      ? { variants: replays.own.variants }
      : {}),
    follows: isLive(run) && replays ? followed(replays) : null,
  };
}

// --- internal ------------------------------------------------------------------------------------

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));

function stepOf(
  { kind, key, at, result, error }: JournalEntry,
  position: number,
  message: MessageView | undefined,
): ExplainedRun['steps'][number] {
  const end = result ?? error;
  return {
    step: position + 1,
    at: iso(at),
    kind,
    key,
    ...(result ? { result: shown(kind, result.value) } : error ? { result: { error: error.message } } : {}),
    endedAt: end ? iso(end.at) : null,
    ...(message
      ? { message: { id: message.id, status: message.status, to: message.to, reason: message.reason } }
      : {}),
  };
}

/** A query's rows. Which of their values are dates only matters to the flow (see results). */
function shown(kind: JournalEntry['kind'], value: unknown): unknown {
  const isRows = kind === 'query' && typeof value === 'object' && value !== null && 'rows' in value;
  return isRows ? value.rows : value;
}

function waitOf(
  run: RunView,
  about: {
    last: JournalEntry | undefined;
    message: MessageView | undefined;
    timezone: Json | undefined;
    now: number;
  },
): ExplainedRun['waits'] {
  const { last, message } = about;
  // A due time in the past means that something else, such as a pause, holds the run back.
  const until = isoOrNull(run.wakeAt !== null && run.wakeAt > about.now ? run.wakeAt : null);
  if (run.status === 'blocked')
    return { for: 'code that follows its history (a push), or segflow retry', until };
  if (run.status === 'running') {
    const delay = message?.reason
      ? ` (${message.status}: ${message.reason})`
      : message
        ? ` (${message.status})`
        : '';
    return { for: `its email ${last?.key ?? ''} to be delivered${delay}`, until };
  }
  if (run.awaits !== null) {
    const { pending } = parseAwaits(run.awaits);
    if (pending.kind === 'race') {
      const branches = Object.entries(pending.branches).map(
        ([label, branch]) => `${label}: ${wordsOf(branch, about)}`,
      );
      return { for: `the first of: ${branches.join('; ')}`, until };
    }
    if (pending.kind === 'retry') {
      const name = `the side effect "${last?.key ?? ''}"`;
      // The time is only when Segflow looks again, not a deadline.
      if (pending.error === null) return { for: `${name}, which goes on`, until: null };
      if (pending.begins) return { for: `${name}, which is about to begin`, until: null };
      return { for: `another attempt at ${name}, which failed: ${pending.error}`, until };
    }
    if (pending.kind !== 'email' && pending.kind !== 'member' && pending.kind !== 'query') {
      return { for: wordsOf(pending, about), until };
    }
  }
  if (run.status === 'pending') return { for: last ? 'its next step' : 'its first step', until };
  if (last?.kind === 'wait') return { for: `the end of its wait of ${last.key}`, until };
  if (last?.kind === 'until') return { for: 'the end of its sleep', until };
  return { for: last ? `the end of "${last.kind} ${last.key}"` : 'its next step', until };
}

function wordsOf(pending: TimedPending, { timezone }: { timezone: Json | undefined }): string {
  switch (pending.kind) {
    case 'wait':
      return iso(pending.until);
    case 'daytime':
      return `${pending.time}${pending.weekdays ? ` on ${pending.weekdays.map((day) => DAYS[day - 1]).join(', ')}` : ''} (${pending.timezone ?? `the user's time zone, ${timezoneInWords(timezone)}`})`;
    case 'event':
      return `the event "${pending.name}"${pending.match ? ` with ${JSON.stringify(pending.match)}` : ''}`;
    case 'segment':
      return `being in the segment "${pending.segment}"`;
  }
}

function timezoneInWords(attribute: Json | undefined): string {
  const timezone = timezoneOf({ timezone: attribute ?? null });
  const isMissing = attribute === undefined || attribute === null || attribute === '';
  if (isMissing || timezone === attribute) return timezone;
  return `${timezone}, as the attribute timezone names none: ${JSON.stringify(attribute)}`;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

interface Replays {
  /** By the active code; not of a run that has ended. */
  active: ActivationOutput | undefined;
  /** By the code that the run follows. */
  own: ActivationOutput | undefined;
}

async function replaysOf(
  world: { store: Store; host: Host; deployments: Deployments; deployment: Deployment | undefined },
  run: ReplayableRun,
  { status }: RunView,
): Promise<Replays> {
  const { store, host, deployments, deployment } = world;
  const at = await store.now();
  const active =
    deployment && isLive({ status })
      ? await replayed(host, deployment.bundle, { run, at, toEnd: false })
      : undefined;
  if (active && run.deploymentId === deployment?.id) return { active, own: active };
  const bundle = await deployments.bundle(run.deploymentId);
  return { active, own: await replayed(host, bundle, { run, at, toEnd: status === 'completed' }) };
}

function followed({ active, own }: Replays): ExplainedRun['follows'] {
  return {
    active: active?.outcome === 'advanced',
    own: own?.outcome === 'advanced',
    divergence:
      active?.outcome === 'diverged'
        ? { step: active.position + 1, recorded: active.recorded, yielded: active.yielded }
        : null,
  };
}

async function replayed(
  host: Host,
  bundle: Bundle,
  { run, at, toEnd }: { run: ReplayableRun; at: number; toEnd: boolean },
): Promise<ActivationOutput | undefined> {
  const { id: runId, campaignId, userId, attributes, enteredAt, entry, journal, event } = run;
  const request = {
    runId,
    campaignId,
    userId,
    attributes,
    enteredAt,
    entry,
    journal,
    event,
    at,
    // The journal does not record what a flow does after its last step.
    ...(toEnd ? { dryRun: true } : { replayOnly: true }),
  };
  const [result] = await host.advance(bundle, [request]);
  return result;
}
