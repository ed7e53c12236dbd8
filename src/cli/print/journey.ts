import type { Journey, RunItem } from '../../protocol/api.ts';
import { paint } from './output.ts';
import { stepWords } from './step-words.ts';
import { cell, localTime } from './table.ts';

interface Moment {
  at: string;
  text: string;
}

/**
 * Formats a user's journey for people: facts first, then runs step by step, then a timeline of
 * everything.
 */
export function formatJourney(journey: Journey): string {
  const keys = Object.keys(journey.attributes).map((key) => cell(key, 32));
  const width = Math.max(0, ...keys.map((key) => key.length));
  const attributes = Object.values(journey.attributes).map(
    (value, index) => `  ${keys[index]!.padEnd(width)}  ${cell(JSON.stringify(value), 80)}`,
  );
  return [
    `${paint('bold', cell(journey.id))}  ${paint('dim', `since ${localTime(journey.createdAt)}`)}`,
    ...attributes,
    section('Segments', journey.segments.length > 0 ? [`  ${journey.segments.join(', ')}`] : []),
    section('Runs', journey.runs.flatMap(formatRun)),
    section(
      'Timeline',
      timeline(journey).map(({ at, text }) => `  ${localTime(at)}  ${text}`),
    ),
  ].join('\n');
}

function section(title: string, lines: string[]): string {
  return ['', paint('bold', title), ...(lines.length > 0 ? lines : [paint('dim', '  none')])].join('\n');
}

function formatRun(run: RunItem): string[] {
  const wake = run.wakeAt ? `, wakes ${localTime(run.wakeAt)}` : '';
  const [message = '', ...stack] = (run.reason ?? '').split('\n');
  const reason = message ? `: ${cell(message, 120)}` : '';
  const place = stack.slice(0, 1).map((line) => `      ${paint('dim', cell(line.trim(), 120))}`);
  const again = run.entry > 1 ? ` (entry ${run.entry})` : '';
  const steps = run.steps.map((step) => {
    const open = run.endedAt ? paint('dim', '–') : paint('yellow', '…');
    const done = step.endedAt ? paint('green', '✓') : open;
    return `    ${done} ${localTime(step.at)}  ${stepWords(step)}${outcome(step.result)}`;
  });
  return [`  ${paint('cyan', run.campaign)}${again}  ${run.status}${wake}${reason}`, ...place, ...steps];
}

/** An email's result is its outcome; other results are the flow's own business. */
function outcome(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('status' in result)) return '';
  const reason = 'reason' in result && result.reason ? ` (${cell(String(result.reason), 60)})` : '';
  return `  ${String(result.status)}${reason}`;
}

function timeline(journey: Journey): Moment[] {
  const moments: Moment[] = [{ at: journey.createdAt, text: 'user created' }];
  for (const { name, attributes, createdAt } of journey.events) {
    const shown =
      Object.keys(attributes).length > 0 ? `  ${paint('dim', cell(JSON.stringify(attributes), 60))}` : '';
    moments.push({ at: createdAt, text: `event ${cell(name, 40)}${shown}` });
  }
  for (const run of journey.runs) {
    moments.push({ at: run.enteredAt, text: `entered campaign ${run.campaign}` });
    if (run.endedAt) moments.push({ at: run.endedAt, text: `${run.status} campaign ${run.campaign}` });
  }
  for (const { status, template, subject, reason, createdAt, sentAt } of journey.messages) {
    const detail = subject ?? reason;
    moments.push({
      at: sentAt ?? createdAt,
      text: `email ${template} ${status}${detail ? `  ${paint('dim', cell(detail, 60))}` : ''}`,
    });
  }
  return moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
