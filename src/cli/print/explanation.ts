import type { Condition, ExplainedCampaign, ExplainedRun, Explanation } from '../../protocol/explain.ts';
import { paint } from './output.ts';
import { short } from './plan.ts';
import { stepWords } from './step-words.ts';
import { cell, localTime } from './table.ts';

/** The most steps of a run, and frames of a stack, that people read. */
const FIRST_STEPS = 5;
const LAST_STEPS = 25;
const FRAMES = 6;

/** Formats for people why a user is, or is not, in campaigns. */
export function formatExplanation({ user, pending, campaigns }: Explanation): string {
  const head = paint('bold', cell(user)) + (pending ? paint('yellow', '  waits to be evaluated') : '');
  if (campaigns.length === 0) return `${head}\nThere are no campaigns: segflow push.`;
  return [head, ...campaigns.map(formatCampaign)].join('\n');
}

// --- internal ---

function formatCampaign({
  campaign,
  behavior,
  summary,
  conditions,
  pauses,
  runs,
}: ExplainedCampaign): string {
  return [
    '',
    `${paint('cyan', cell(campaign))}${behavior ? paint('dim', ` (${behavior})`) : ''}`,
    `  ${cell(withLocalTimes(summary), 300)}`,
    ...pauses.map(
      ({ campaign: what, reason, since }) =>
        `  ${paint('yellow', 'paused')} ${what === '*' ? 'as everything is ' : ''}since ${localTime(since)}: ${cell(reason, 120)}`,
    ),
    ...conditions.flatMap(formatCondition),
    ...runs.flatMap(formatRun),
  ].join('\n');
}

function formatCondition({ segment, role, member, since, sql, params, sees }: Condition): string[] {
  const good = member === (role === 'required');
  const mark = good ? paint('green', '✓') : paint('red', '✗');
  const word = { required: 'segment', excluded: 'excluded segment', exit: 'segment that ends it,' }[role];
  const stored = since ? ` since ${localTime(since)}` : '';
  return [
    `  ${mark} ${member ? 'in' : 'not in'} ${word} ${cell(segment)}${stored}`,
    `      ${paint('dim', cell(sql, 200))}`,
    ...(params.length > 0 ? [`      ${paint('dim', `with ${cell(JSON.stringify(params), 120)}`)}`] : []),
    ...sees.map(({ name, value }) => `      ${cell(name)} = ${cell(JSON.stringify(value), 100)}`),
  ];
}

function formatRun(run: ExplainedRun): string[] {
  const cause = run.cause ? `, by the event ${cell(run.cause.name, 40)}` : '';
  const head = `  run ${run.id}, entry ${run.entry}: ${run.status}, entered ${localTime(run.enteredAt)}${cause}`;
  const lines = [head + (run.endedAt ? `, ended ${localTime(run.endedAt)}` : '')];
  if (run.reason) lines.push(...reasonLines(run.reason));
  if (run.convertedAt) lines.push(`      reached its goal ${localTime(run.convertedAt)}`);
  lines.push(...formatSteps(run));
  for (const [experiment, label] of Object.entries(run.variants ?? {})) {
    lines.push(`      variant ${cell(experiment, 60)}: ${cell(label, 60)}`);
  }
  if (run.waits) {
    const until = run.waits.until ? `, until ${localTime(run.waits.until)}` : '';
    lines.push(`      waits for ${cell(run.waits.for, 160)}${until}`);
  }
  if (run.follows) lines.push(`      ${following(run)}`);
  return lines;
}

/** The thrown error, and its place in the author's files. */
function reasonLines(reason: string): string[] {
  const [message = '', ...stack] = reason.split('\n').filter((line) => line.trim() !== '');
  const frames = stack.slice(0, FRAMES).map((line) => `      ${paint('dim', cell(line.trimEnd(), 120))}`);
  return [`      ${cell(message, 160)}`, ...frames];
}

/** Shortens a long history to its beginning and its end. */
function formatSteps({ steps, endedAt }: ExplainedRun): string[] {
  const lines = steps.map((step) => {
    const open = endedAt ? paint('dim', '–') : paint('yellow', '…');
    const mark = step.endedAt ? paint('green', '✓') : open;
    const what = stepWords({ ...step, key: withLocalTimes(step.key) });
    return `    ${mark} ${localTime(step.at)}  ${step.step}. ${what}${outcome(step)}`;
  });
  if (lines.length > FIRST_STEPS + LAST_STEPS) {
    const left = (lines.length - FIRST_STEPS - LAST_STEPS).toLocaleString('en');
    const gap = paint('dim', `      ${left} steps in between: --json shows all`);
    lines.splice(FIRST_STEPS, lines.length - FIRST_STEPS - LAST_STEPS, gap);
  }
  const before = (steps[0]?.step ?? 1) - 1;
  if (before > 0) lines.unshift(paint('dim', `      started again after step ${before} (rt.continueAsNew)`));
  return lines;
}

function outcome({ kind, message, result }: ExplainedRun['steps'][number]): string {
  if (message) {
    const to = message.to ? ` to ${cell(message.to, 40)}` : '';
    return `  ${message.status}${to}${message.reason ? ` (${cell(message.reason, 80)})` : ''}`;
  }
  if (kind === 'event' && result === null) return paint('dim', '  none in time');
  return result === undefined || result === null ? '' : `  ${paint('dim', cell(JSON.stringify(result), 80))}`;
}

function following({ follows, deployment, pinned }: ExplainedRun): string {
  if (pinned) return `pinned to deployment ${short(deployment)}`;
  if (follows?.active) return 'the active code follows its history';
  const { divergence } = follows ?? {};
  const where = divergence
    ? ` (step ${divergence.step} was "${cell(divergence.recorded)}" and is now "${cell(divergence.yielded)}")`
    : '';
  if (follows?.own) {
    return `stays on deployment ${short(deployment)}: the active code does not follow its history${where}`;
  }
  const why = 'not even its own, so the flow depends on more than that, such as a variable of the module';
  return paint('red', `no code follows its history${where}, ${why}`);
}

/** The server writes UTC; people read local time. */
function withLocalTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (iso) => localTime(iso));
}
