import { Cron } from 'croner';
import { messageOf } from '../../core/errors.ts';
import type { Inspection } from '../../engine/ports/manifest.ts';
import { type BuiltQuery, buildSegmentQuery } from '../queries/segment-query.ts';
import { SegmentTrouble } from '../queries/segment-trouble.ts';
import { describeValue, isRecord } from '../value-kinds.ts';
import { nameList } from './ids.ts';
import { lengthOfTime } from './length-of-time.ts';
import type { Path, Report } from './report.ts';

export type InspectedSegment = Inspection['manifest']['segments'][number];

const DAY = 86_400_000;
/**
 * Later moments at which an evaluator is called again: every field of the clock differs, including
 * the year.
 */
const LATER = [36 * 3_600_000 + 5 * 60_000 + 7_011, 203 * DAY + 3_600_001, 401 * DAY + 7_200_017];
const MIN_EVERY_MS = 1000;

/** The segments' queries for the time `at`. Wrong ones are reported and left out. */
export async function inspectSegments(
  entries: [string, unknown][],
  at: number,
  report: Report,
): Promise<InspectedSegment[]> {
  const segments: InspectedSegment[] = [];
  for (const [id, value] of entries) {
    const path = ['segments', id];
    const segment = await report.guard(path, () => inspectSegment(id, value, at, report));
    if (segment) segments.push(segment);
  }
  return segments;
}

// --- internal ---

async function inspectSegment(
  id: string,
  value: unknown,
  at: number,
  report: Report,
): Promise<InspectedSegment | undefined> {
  const path = ['segments', id];
  if (!isRecord(value)) {
    const hint = typeof value === 'function' ? 'Write { evaluator: (db) => … }.' : undefined;
    report.add(path, `expected a segment, got ${describeValue(value)}`, hint);
    return undefined;
  }
  report.unknownKeys(path, value, ['evaluator', 'triggers']);
  const triggers = inspectTriggers(value.triggers, [...path, 'triggers'], report);
  try {
    const now = await buildSegmentQuery(value.evaluator, at);
    const later = await Promise.all(LATER.map((ms) => buildSegmentQuery(value.evaluator, at + ms)));
    return { id, ...now, volatile: later.some((query) => !sameQuery(query, now)), triggers };
  } catch (error) {
    if (!(error instanceof SegmentTrouble)) throw error;
    const { message, hint, cause: thrown } = error;
    await report.addThrown([...path, 'evaluator'], message, { thrown, hint });
    return undefined;
  }
}

function sameQuery(a: BuiltQuery, b: BuiltQuery): boolean {
  return a.sql === b.sql && JSON.stringify(a.params) === JSON.stringify(b.params);
}

function inspectTriggers(value: unknown, path: Path, report: Report): InspectedSegment['triggers'] {
  if (value === undefined) return {};
  if (!isRecord(value)) {
    report.add(path, `expected an object, got ${describeValue(value)}`, "Write triggers: { every: '15m' }.");
    return {};
  }
  report.unknownKeys(path, value, ['every', 'cron', 'events']);
  const everyMs = everyOf(value.every, [...path, 'every'], report);
  const cron = cronOf(value.cron, [...path, 'cron'], report);
  const events = value.events;
  return {
    ...(everyMs !== undefined && { everyMs }),
    ...(cron !== undefined && { cron }),
    ...(events !== undefined && { events: nameList(events, [...path, 'events'], report, { what: 'event' }) }),
  };
}

function everyOf(value: unknown, path: Path, report: Report): number | undefined {
  if (value === undefined) return undefined;
  const hint = "Write { minutes: 15 } or '15m'. At least one second.";
  const ms = lengthOfTime(value, { path, hint }, report);
  if (ms !== undefined && ms < MIN_EVERY_MS) report.add(path, `is too often: every ${ms} ms`, hint);
  return ms;
}

function cronOf(value: unknown, path: Path, report: Report): string | undefined {
  if (value === undefined) return undefined;
  const hint = "Write for example '0 9 * * 1' for Mondays at 9:00 UTC.";
  if (typeof value !== 'string') {
    report.add(path, `expected a cron expression, got ${describeValue(value)}`, hint);
    return undefined;
  }
  try {
    const cron = new Cron(value, { timezone: 'UTC', paused: true });
    if (!cron.nextRun()) report.add(path, `${describeValue(value)} never comes`, hint);
  } catch (error) {
    report.add(path, `${describeValue(value)} is no cron expression: ${messageOf(error)}`, hint);
  }
  return value;
}
