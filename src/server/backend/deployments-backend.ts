import { SegflowError } from '../../core/errors.ts';
import type { DeploymentChoice, PreparedDeployment } from '../../engine/deployments/deployments.ts';
import { type Engine, EVERYTHING } from '../../engine/engine.ts';
import type { PauseRow } from '../../engine/ports/runs.ts';
import type { DeploymentAnswer, PauseItem } from '../../protocol/api.ts';
import type { Planning } from '../../protocol/plan.ts';
import type { Backend } from './backend.ts';

/** How long a request waits for a plan before answering with the progress. */
const PATIENCE_MS = 10_000;
const SHOWN = 100;
/** The number of runs that one statement counts. */
const PAGE = 5_000;

type DeploymentCalls = Pick<
  Backend,
  'push' | 'rollback' | 'deployments' | 'pauses' | 'pause' | 'resume' | 'retry'
>;

/** The part of the backend for deployments and pauses. */
export function deploymentsOf(engine: Engine): DeploymentCalls {
  const { store, deployments, plans } = engine;

  async function planAndApply(
    prepared: PreparedDeployment,
    { dryRun, ...choice }: DeploymentChoice & { dryRun: boolean },
  ): Promise<DeploymentAnswer | Planning> {
    const known = choice.plan === undefined || dryRun ? undefined : plans.given(choice.plan);
    const made = known
      ? { plan: known }
      : await plans.make(prepared, choice, dryRun ? PATIENCE_MS : WITHOUT_END_MS);
    if ('progress' in made) return { planning: made.progress };
    const { plan } = made;
    if (!dryRun && plan.changed && plan.confirm && choice.plan === undefined) throw unconfirmed();
    const before = await deployments.active();
    const answer = {
      deployment: prepared.id,
      environment: Object.keys(prepared.bundle.environment).sort(),
      segments: {
        added: those(plan.segments, 'added'),
        removed: those(plan.segments, 'removed'),
        changed: those(plan.segments, 'changed'),
      },
      campaigns: { added: those(plan.campaigns, 'added'), removed: those(plan.campaigns, 'removed') },
      templates: prepared.manifest.templates,
      transactions: prepared.manifest.transactions.map(({ id }) => id),
      plan,
    };
    if (dryRun) return { ...answer, changed: false, applied: false };
    const { changed } = await engine.activate(prepared, choice);
    return { ...answer, changed: changed || before === undefined, applied: true };
  }

  return {
    async push({ code, environment, origin, ...choice }) {
      return planAndApply(await deployments.prepare({ code, environment, origin }), choice);
    },

    async rollback({ deployment, origin, ...choice }) {
      return planAndApply(await deployments.former(deployment, origin), choice);
    },

    async deployments() {
      const [list, active, runs] = await Promise.all([
        store.listDeployments(SHOWN),
        deployments.active(),
        runsByDeployment(engine),
      ]);
      return list.map(({ id, createdAt, activatedAt, origin }) => ({
        id,
        createdAt: iso(createdAt),
        activatedAt: activatedAt === null ? null : iso(activatedAt),
        active: id === active?.id,
        origin,
        runs: runs.get(id) ?? 0,
      }));
    },

    async pauses() {
      return (await store.pauses()).map(pauseItem);
    },

    async pause({ campaign, reason }) {
      if (campaign !== undefined) await knownCampaign(engine, campaign);
      const id = campaign ?? EVERYTHING;
      const before = (await store.pauses()).find(({ campaignId }) => campaignId === id);
      // Without a new reason, an existing pause keeps its reason.
      const kept = reason === undefined && before ? { cause: before.cause } : {};
      const paused = await engine.pause(campaign, reason ?? before?.reason ?? 'paused by hand', kept);
      return pauseItem({ ...paused, pausedAt: before?.pausedAt ?? paused.pausedAt });
    },

    resume: (campaign) => engine.resume(campaign),

    async retry({ run, user, campaign }) {
      const retried = await engine.retryRuns({
        ...(run === undefined ? {} : { runId: run }),
        ...(user === undefined ? {} : { userId: user }),
        ...(campaign === undefined ? {} : { campaignId: campaign }),
      });
      // Distinguishes a mistyped id from nothing to do; a removed campaign may still have runs to
      // retry.
      if (retried === 0 && campaign !== undefined) await knownCampaign(engine, campaign);
      if (retried === 0 && user !== undefined) await knownUser(engine, user);
      return { retried };
    },
  };
}

export function pauseItem({ campaignId, cause, reason, pausedAt }: PauseRow): PauseItem {
  return { campaign: campaignId === EVERYTHING ? null : campaignId, cause, reason, since: iso(pausedAt) };
}

// --- internal ------------------------------------------------------------------------------------

/** A push in a single request waits for its plan. */
const WITHOUT_END_MS = 2 ** 31 - 1;

const iso = (ms: number) => new Date(ms).toISOString();

function those(list: { id: string; change: string }[], change: string): string[] {
  return list.filter((item) => item.change === change).map(({ id }) => id);
}

function unconfirmed(): SegflowError {
  return new SegflowError(
    'conflict',
    'this config requires pushes to be confirmed (push: { confirm: true })',
    {
      hint: 'Look at the plan first (`segflow push --dry-run`), then push with --yes. Over HTTP: dryRun, then `plan` with its token.',
    },
  );
}

async function knownCampaign(engine: Engine, campaign: string): Promise<void> {
  const active = await engine.deployments.active();
  const known = active?.manifest.campaigns.map(({ id }) => id) ?? [];
  if (known.includes(campaign)) return;
  throw new SegflowError('not_found', `there is no campaign "${campaign}"`, {
    hint: known.length > 0 ? `Campaigns: ${known.join(', ')}.` : 'Nothing is deployed yet: segflow push.',
  });
}

async function knownUser({ store }: Engine, user: string): Promise<void> {
  if (await store.getUser(user)) return;
  throw new SegflowError('user_not_found', `there is no user "${user}"`, { hint: 'Ids are case-sensitive.' });
}

async function runsByDeployment({ store }: Engine): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const campaignId of await store.liveCampaigns()) {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page = await store.liveRunGroups(campaignId, after, PAGE);
      for (const { deploymentId, count } of page.groups) {
        counts.set(deploymentId, (counts.get(deploymentId) ?? 0) + count);
      }
      after = page.last;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return counts;
}
