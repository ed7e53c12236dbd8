import { SegflowError } from '../../core/errors.ts';
import { firstLine } from '../../core/failure-text.ts';
import type { Condition, ExplainedCampaign, ExplainedRun, Explanation } from '../../protocol/explain.ts';
import type { Deployment } from '../deployments/deployments.ts';
import { type Engine, EVERYTHING } from '../engine.ts';
import type { ManifestCampaign } from '../ports/manifest.ts';
import type { MessageView, RunView } from '../ports/reads.ts';
import type { PauseRow } from '../ports/runs.ts';
import { isLive } from '../rules/qualification.ts';
import { conditionsOf, type UserFacts } from './conditions.ts';
import { explainRun } from './run-explanation.ts';

const RUNS = 200;
const MESSAGES = 1_000;
const EVENTS = 1_000;
/** Number of a campaign's runs that are explained step by step. */
const TOLD = 10;

/**
 * Explains why the user is or is not in a campaign, or in each: what the segments say about the
 * user now and what they read, what happened in the runs, and what the runs wait for. Reads and
 * replays; changes nothing.
 * @throws `user_not_found`; `not_found` for a campaign that is not deployed and that the user was
 * never in.
 */
export async function explain(engine: Engine, userId: string, campaignId?: string): Promise<Explanation> {
  const { store, deployments } = engine;
  const user = await store.getUser(userId);
  if (!user) {
    throw new SegflowError('user_not_found', `there is no user "${userId}"`, {
      hint: 'Ids are case-sensitive. `segflow status` shows how many users there are.',
    });
  }
  const deployment = await deployments.active();
  const [since, eventCounts, events, runs, messages, pauses, pending] = await Promise.all([
    store.membersSince([userId]),
    store.eventCounts(userId),
    store.eventsOfUser(userId, EVENTS),
    store.runsOfUser(userId, RUNS),
    store.listMessages({ userId, limit: MESSAGES, ...(campaignId === undefined ? {} : { campaignId }) }),
    store.pauses(),
    store.isDirty(userId),
  ]);
  const facts: UserFacts = {
    user,
    since: new Map(since.map((row) => [row.segmentId, row.since])),
    eventCounts,
    events,
  };
  const rules = new Map(deployment?.manifest.campaigns.map((rule) => [rule.id, rule]));
  const ids =
    campaignId === undefined
      ? new Set([...rules.keys(), ...runs.map((run) => run.campaignId)])
      : [campaignId];
  const campaigns: ExplainedCampaign[] = [];
  for (const id of ids) {
    const rule = rules.get(id);
    const those = runs.filter((run) => run.campaignId === id);
    if (!rule && those.length === 0) throw unknownCampaign(id, [...rules.keys()]);
    campaigns.push(
      await explainCampaign(engine, { id, rule, deployment, facts, runs: those, messages, pauses, pending }),
    );
  }
  return { user: userId, pending, deployment: deployment?.id ?? null, campaigns };
}

// --- internal ------------------------------------------------------------------------------------

async function explainCampaign(
  engine: Engine,
  about: {
    id: string;
    rule: ManifestCampaign | undefined;
    deployment: Deployment | undefined;
    facts: UserFacts;
    runs: RunView[];
    messages: MessageView[];
    pauses: PauseRow[];
    pending: boolean;
  },
): Promise<ExplainedCampaign> {
  const { store, host, deployments } = engine;
  const { id, rule, deployment, facts } = about;
  const conditions =
    rule && deployment
      ? await conditionsOf(
          { store, host, deployment },
          [
            ...rule.segments.map((segment) => ({ segment, role: 'required' as const })),
            ...rule.excludeSegments.map((segment) => ({ segment, role: 'excluded' as const })),
            ...(rule.exitWhen?.segment ? [{ segment: rule.exitWhen.segment, role: 'exit' as const }] : []),
          ],
          facts,
        )
      : [];
  const runs: ExplainedRun[] = [];
  for (const run of about.runs.slice(0, TOLD)) {
    runs.push(await explainRun({ store, host, deployments, deployment }, run, about.messages));
  }
  const qualifies = rule !== undefined && conditions.every((it) => it.member === (it.role === 'required'));
  const pauses = about.pauses
    .filter(({ campaignId }) => campaignId === id || campaignId === EVERYTHING)
    .map(({ campaignId, cause, reason, pausedAt }) => ({
      campaign: campaignId,
      cause,
      reason,
      since: new Date(pausedAt).toISOString(),
    }));
  return {
    campaign: id,
    behavior: rule?.behavior ?? null,
    summary: summaryOf({
      rule,
      conditions,
      qualifies,
      run: runs[0],
      pending: about.pending,
      paused: pauses.length > 0,
    }),
    qualifies,
    conditions,
    pauses,
    runs,
  };
}

function summaryOf(about: {
  rule: ManifestCampaign | undefined;
  conditions: Condition[];
  qualifies: boolean;
  run: ExplainedRun | undefined;
  pending: boolean;
  paused: boolean;
}): string {
  const { rule, qualifies, run, conditions } = about;
  const paused = about.paused ? ' It is paused.' : '';
  if (run && isLive({ status: run.status as RunView['status'] })) {
    const wait = run.waits
      ? `, waiting for ${run.waits.for}${run.waits.until ? `, until ${run.waits.until}` : ''}`
      : '';
    const state = run.status === 'blocked' ? `, but blocked: ${firstLine(run.reason)}` : wait;
    return `The user has been in it since ${run.enteredAt}${state}.${paused}`;
  }
  const last = run ? ` The last time ${endingOf(run)}` : '';
  if (!rule) return `The campaign is not deployed any more.${last}`;
  if (!qualifies) return `The user is not in it: ${whyNot(conditions)}.${last}${paused}`;
  if (about.pending) return `The user qualifies and waits to be evaluated.${last}${paused}`;
  if (!run) return `The user qualifies, but has not entered yet: evaluation follows.${paused}`;
  if (run.status === 'failed') {
    return `The user was in it, and the run failed${at(run)}: ${firstLine(run.reason)}. Once that is mended: segflow retry ${run.id}.${paused}`;
  }
  if (run.ending === 'skipped') {
    const later = rule.reentry === 'once' ? '' : ' The user enters on coming to qualify anew.';
    return `The user qualified when the campaign was deployed, and was kept out (--existing=skip).${later}${paused}`;
  }
  return `The user qualifies, but was in it already and ${againRule(rule, run)}.${last}${paused}`;
}

function whyNot(conditions: Condition[]): string {
  const missing = conditions.filter(({ role, member }) => role === 'required' && !member);
  const barred = conditions.filter(({ role, member }) => role === 'excluded' && member);
  const ending = conditions.filter(({ role, member }) => role === 'exit' && member);
  const parts = [];
  if (missing.length > 0) parts.push(`not in ${missing.map(({ segment }) => segment).join(', ')}`);
  if (barred.length > 0)
    parts.push(`in ${barred.map(({ segment }) => segment).join(', ')}, which it excludes`);
  if (ending.length > 0) parts.push(`in ${ending[0]!.segment}, which ends it (exitWhen)`);
  return parts.join('; ');
}

function againRule({ reentry }: ManifestCampaign, run: ExplainedRun): string {
  if (reentry === 'once') return 'it takes everybody once';
  if (reentry === 'always') return 'enters again on coming to qualify anew';
  const from = new Date(Date.parse(run.enteredAt) + reentry.afterMs).toISOString();
  // A user who was removed for not qualifying has come to qualify again (see `decide`). A
  // deployment, which considers everyone, counts as well.
  const push = run.ending === 'left' ? ', or with a push' : '';
  return `enters again on coming to qualify anew from ${from} on${push}`;
}

function endingOf(run: ExplainedRun): string {
  const { status, ending, reason } = run;
  if (status === 'completed') {
    return ending === 'exited'
      ? `the flow ended itself${at(run)}: ${firstLine(reason)}.`
      : `the user went through to the end${at(run)}.`;
  }
  return `it was ${status === 'failed' ? 'ended by a failure' : status}${at(run)}${reason ? `: ${firstLine(reason)}` : ''}.`;
}

function at({ endedAt }: ExplainedRun): string {
  return endedAt ? ` at ${endedAt}` : '';
}

function unknownCampaign(id: string, known: string[]): SegflowError {
  return new SegflowError('not_found', `there is no campaign "${id}"`, {
    hint: known.length > 0 ? `Campaigns: ${known.join(', ')}.` : 'Nothing is deployed yet: segflow push.',
  });
}
