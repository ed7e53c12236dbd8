import type { Forecast, Plan, PlannedRuns } from '../protocol/plan.ts';
import { paint } from './output.ts';
import { cell } from './table.ts';

type Campaign = Plan['campaigns'][number];
type Segment = Plan['segments'][number];

/** What a deployment would do, for a person to read. */
export function formatPlan(plan: Plan): string {
  if (!plan.changed) return `Deployment ${short(plan.deployment)} is in force already: nothing would change.`;
  const lines = [
    ...plan.segments.flatMap(segmentLines),
    ...plan.campaigns.flatMap(campaignLines),
    ...contentLines('template', plan.templates),
    ...contentLines('transaction', plan.transactions),
  ];
  const head = `Plan for deployment ${short(plan.deployment)}${choices(plan)}:`;
  return [head, ...(lines.length > 0 ? lines : ['  nothing that people would notice'])].join('\n');
}

/** Ids are long; what stands first tells them apart. */
export function short(id: string): string {
  return id.slice(0, 12);
}

// --- internal ---

function mark(change: Segment['change']): string {
  if (change === 'added') return paint('green', '+');
  if (change === 'removed') return paint('red', '-');
  return change === 'changed' ? paint('yellow', '~') : ' ';
}

function choices({ inFlight, existing }: Plan): string {
  const parts = [];
  if (inFlight !== 'migrate') parts.push(`--in-flight=${inFlight}`);
  if (existing !== 'enter') parts.push(`--existing=${existing}`);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function segmentLines({ id, change, enter, leave, members }: Segment): string[] {
  if (change === 'unchanged' && enter === 0 && leave === 0) return [];
  const moves = [enter > 0 ? `${number(enter)} enter` : '', leave > 0 ? `${number(leave)} leave` : ''].filter(
    Boolean,
  );
  const now = change === 'added' ? '' : ` (${number(members)} now)`;
  return [`  ${mark(change)} segment ${cell(id)}: ${moves.join(', ') || 'nobody moves'}${now}`];
}

function campaignLines({ id, change, enter, skip, messages, runs }: Campaign): string[] {
  const details = [
    ...(enter > 0 ? [`${number(enter)} enter: ${mail(messages)}`] : []),
    ...(skip > 0 ? [`${number(skip)} qualify already and are skipped`] : []),
    ...inFlight(runs, change !== 'unchanged'),
  ];
  if (change === 'unchanged' && details.length === 0) return [];
  return [
    `  ${mark(change)} campaign ${cell(id)}${details.length > 0 ? '' : ': nobody enters'}`,
    ...details.map((detail) => `      ${detail}`),
    ...runs.divergences.map(
      ({ count, step, recorded, yielded, deployment }) =>
        `        ${number(count)} at step ${step}: "${cell(recorded)}" became "${cell(yielded)}" (they follow ${short(deployment)})`,
    ),
  ];
}

function mail({ now, later, more, estimated }: Forecast): string {
  const about = estimated ? 'about ' : '';
  const parts = [`${about}${number(now)} email(s) at once`];
  if (later > 0) parts.push(`${about}${number(later)} more within a year`);
  if (more) parts.push('and further ones after that');
  return parts.join(', ');
}

function inFlight(runs: PlannedRuns, changed: boolean): string[] {
  const { live, migrate, stay, pinned, block, unblock, restart, cancel } = runs;
  const parts = [
    migrate > 0 && (changed || migrate < live) ? `${number(migrate)} migrate` : '',
    unblock > 0 ? `${number(unblock)} of them were blocked` : '',
    stay > 0 ? `${number(stay)} stay on their version${pinned > 0 ? ` (${number(pinned)} pinned)` : ''}` : '',
    block > 0 ? paint('red', `${number(block)} would block`) : '',
    restart > 0 ? `${number(restart)} start over` : '',
    cancel > 0 ? paint('red', `${number(cancel)} are cancelled`) : '',
  ].filter(Boolean);
  if (parts.length === 0) return [];
  return [`${number(live)} in flight: ${runs.estimated ? 'about ' : ''}${parts.join(', ')}`];
}

function contentLines(noun: string, { added, removed, changed }: Plan['templates']): string[] {
  return [
    ...added.map((id) => `  ${mark('added')} ${noun} ${cell(id)}`),
    ...changed.map((id) => `  ${mark('changed')} ${noun} ${cell(id)}`),
    ...removed.map((id) => `  ${mark('removed')} ${noun} ${cell(id)}`),
  ];
}

function number(count: number): string {
  return count.toLocaleString('en');
}
