import type { ManifestCampaign } from '../../engine/ports/manifest.ts';
import { describeValue, isRecord } from '../value-kinds.ts';
import { nameTrouble } from './ids.ts';
import { lengthOfTime } from './length-of-time.ts';
import { listed, type Path, type Report, suggest } from './report.ts';

type CampaignOptions = Pick<ManifestCampaign, 'reentry' | 'exitWhen' | 'goal' | 'priority' | 'spreadMs'>;

/** The optional properties of a campaign, except its excluded segments. */
export const OPTIONS = ['reentry', 'exitWhen', 'goal', 'priority', 'spread'] as const;

/** A campaign's options with defaults. A wrong option is reported and gets its default. */
export function campaignOptions(
  value: Record<string, unknown>,
  context: { path: Path; segments: string[]; behavior: 'static' | 'dynamic' | undefined },
  report: Report,
): CampaignOptions {
  const { path, segments, behavior } = context;
  const at = (name: (typeof OPTIONS)[number]) => [...path, name];
  return {
    reentry: reentryOf(value.reentry, at('reentry'), report) ?? (behavior === 'dynamic' ? 'always' : 'once'),
    exitWhen: triggerOf(value.exitWhen, { path: at('exitWhen'), segments, others: [] }, report) ?? null,
    goal: goalOf(value.goal, { path: at('goal'), segments }, report),
    priority: priorityOf(value.priority, at('priority'), report),
    spreadMs: spreadOf(value.spread, at('spread'), report),
  };
}

// --- internal ---

const MAX_PRIORITY = 1_000;

function reentryOf(value: unknown, path: Path, report: Report): ManifestCampaign['reentry'] | undefined {
  if (value === undefined || value === 'once' || value === 'always') return value;
  const hint = "Write 'once', 'always' or { after: { days: 90 } }.";
  if (!isRecord(value)) {
    const near = typeof value === 'string' ? suggest(value, ['once', 'always'], hint) : hint;
    report.add(path, `expected 'once', 'always' or { after }, got ${describeValue(value)}`, near);
    return undefined;
  }
  report.unknownKeys(path, value, ['after']);
  const afterMs = lengthOfTime(value.after, { path: [...path, 'after'], hint }, report);
  return afterMs === undefined ? undefined : { afterMs };
}

interface TriggerContext {
  path: Path;
  segments: string[];
}

function triggerOf(
  value: unknown,
  { path, segments, others }: TriggerContext & { others: string[] },
  report: Report,
): { event?: string; segment?: string } | undefined {
  if (value === undefined) return undefined;
  const hint = "Write { event: 'purchase' } or { segment: 'customers' }.";
  if (!isRecord(value)) {
    report.add(path, `expected an object, got ${describeValue(value)}`, hint);
    return undefined;
  }
  report.unknownKeys(path, value, ['event', 'segment', ...others]);
  const { event, segment } = value;
  if (event === undefined && segment === undefined) {
    report.add(path, 'names neither an event nor a segment', hint);
    return undefined;
  }
  if (event !== undefined) checkName(event, { path: [...path, 'event'], what: 'event' }, report);
  if (segment !== undefined && checkName(segment, { path: [...path, 'segment'], what: 'segment' }, report)) {
    if (!segments.includes(segment)) {
      const all = suggest(segment, segments, listed('segments', segments));
      report.add([...path, 'segment'], `unknown segment "${segment}"`, all);
    }
  }
  return {
    ...(typeof event === 'string' && { event }),
    ...(typeof segment === 'string' && { segment }),
  };
}

function checkName(
  value: unknown,
  { path, what }: { path: Path; what: string },
  report: Report,
): value is string {
  if (typeof value !== 'string') {
    report.add(
      path,
      `expected the name of ${what === 'event' ? 'an' : 'a'} ${what}, got ${describeValue(value)}`,
    );
    return false;
  }
  const trouble = nameTrouble(value);
  if (trouble) report.add(path, `the name of the ${what} ${trouble}`);
  return trouble === undefined;
}

function goalOf(value: unknown, context: TriggerContext, report: Report): ManifestCampaign['goal'] {
  const trigger = triggerOf(value, { ...context, others: ['within'] }, report);
  if (!trigger) return null;
  const { within } = value as Record<string, unknown>;
  const path = [...context.path, 'within'];
  const withinMs =
    within === undefined ? null : lengthOfTime(within, { path, hint: "Write { days: 7 } or '7d'." }, report);
  return { ...trigger, withinMs: withinMs ?? null };
}

function priorityOf(value: unknown, path: Path, report: Report): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_PRIORITY) return value;
  report.add(
    path,
    `expected a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, got ${describeValue(value)}`,
    'The higher goes first; 0 is what campaigns without a priority have.',
  );
  return 0;
}

function spreadOf(value: unknown, path: Path, report: Report): number {
  if (value === undefined) return 0;
  return lengthOfTime(value, { path, hint: "Write { hours: 2 } or '2h'." }, report) ?? 0;
}
