import type { MessageForecast, Plan, PlannedRuns } from '../../protocol/plan.ts';
import { paint } from './output.ts';
import { cell } from './table.ts';

type Campaign = Plan['campaigns'][number];
type Segment = Plan['segments'][number];

/** Formats the plan of a deployment for people. */
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

/** Ids are long; their beginning is enough to distinguish them. */
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
  const moves = [enter > 0 ? entering(enter) : '', leave > 0 ? counted(leave, 'leaves', 'leave') : ''].filter(
    Boolean,
  );
  const now = change === 'added' ? '' : ` (${number(members)} now)`;
  return [`  ${mark(change)} segment ${cell(id)}: ${moves.join(', ') || 'nobody moves'}${now}`];
}

function campaignLines({ id, change, enter, skip, messages, runs }: Campaign): string[] {
  const details = [
    ...(enter > 0 ? [`${entering(enter)}: ${mail(messages)}`, ...failure(messages)] : []),
    ...(skip > 0
      ? [counted(skip, 'qualifies already and is skipped', 'qualify already and are skipped')]
      : []),
    ...inFlight(runs, change !== 'unchanged'),
  ];
  if (change === 'unchanged' && details.length === 0) return [];
  return [
    `  ${mark(change)} campaign ${cell(id)}${details.length > 0 || change === 'removed' ? '' : ': nobody enters'}`,
    ...details.map((detail) => `      ${detail}`),
    ...runs.divergences.map(
      ({ count, step, recorded, yielded, deployment }) =>
        `        ${number(count)} at step ${step}: "${cell(recorded)}" became "${cell(yielded)}" (started on ${short(deployment)})`,
    ),
  ];
}

function mail({ now, later, more, estimated }: MessageForecast): string {
  const about = estimated ? 'about ' : '';
  const parts = [now === 0 ? 'no email at once' : `${about}${counted(now, 'email', 'emails')} at once`];
  if (later > 0) parts.push(`${about}${number(later)} more within a year`);
  if (more) parts.push('and further ones');
  return parts.join(', ');
}

function inFlight(runs: PlannedRuns, changed: boolean): string[] {
  const { live, migrate, stay, pinned, block, unblock, restart, cancel } = runs;
  const parts = [
    migrate > 0 && (changed || migrate < live) ? counted(migrate, 'migrates', 'migrate') : '',
    unblock > 0 ? `${number(unblock)} of them blocked until now` : '',
    stay > 0
      ? `${counted(stay, 'stays on its version', 'stay on their version')}${pinned > 0 ? ` (${number(pinned)} pinned)` : ''}`
      : '',
    block > 0 ? paint('red', `${number(block)} would block`) : '',
    restart > 0 ? counted(restart, 'starts over', 'start over') : '',
    cancel > 0 ? paint('red', cancelled(runs)) : '',
  ].filter(Boolean);
  if (parts.length === 0) return [];
  return [`${number(live)} in flight: ${runs.estimated ? 'about ' : ''}${parts.join(', ')}`];
}

/** Until they end, runs whose users no longer qualify count among those that migrate or stay. */
function cancelled({ live, migrate, stay, block, restart, cancel }: PlannedRuns): string {
  return migrate + stay + block + restart + cancel > live
    ? `${counted(cancel, 'of them ends', 'of them end')}, no longer in the segments`
    : counted(cancel, 'is cancelled', 'are cancelled');
}

function contentLines(noun: string, { added, removed, changed }: Plan['templates']): string[] {
  return [
    ...added.map((id) => `  ${mark('added')} ${noun} ${cell(id)}`),
    ...changed.map((id) => `  ${mark('changed')} ${noun} ${cell(id)}`),
    ...removed.map((id) => `  ${mark('removed')} ${noun} ${cell(id)}`),
  ];
}

/** Reports a flow that throws for people who would enter: better to know before the deployment. */
function failure({ failing, estimated }: MessageForecast): string[] {
  if (!failing) return [];
  const { count, reason } = failing;
  const about = estimated ? 'about ' : '';
  const [message = '', place] = reason.split('\n');
  return [
    paint('red', `the flow fails for ${about}${number(count)}: ${cell(message, 160)}`),
    ...(place ? [`  ${paint('dim', cell(place.trim(), 120))}`] : []),
  ];
}

function entering(count: number): string {
  return counted(count, 'enters', 'enter');
}

function counted(count: number, one: string, more: string): string {
  return `${number(count)} ${count === 1 ? one : more}`;
}

function number(count: number): string {
  return count.toLocaleString('en');
}
