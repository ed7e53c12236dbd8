import type { Plan } from '../../protocol/plan.ts';
import type { DeploymentChoice, Deployments, PreparedDeployment } from '../deployments/deployments.ts';
import type { PlanProgress } from '../deployments/plan-shape.ts';
import type { Host } from '../ports/host.ts';
import type { Store } from '../ports/store.ts';
import { makePlan } from './plan.ts';

/** Plans remembered after they were given, for the push that follows. */
const REMEMBERED = 8;
/** A finished plan that nobody fetched expires after this time: the world has moved on. */
const STALE_MS = 60_000;

interface Job {
  plan: Promise<Plan>;
  progress: PlanProgress | undefined;
  endedAt: number | undefined;
}

/**
 * Plans in progress. A plan may take longer than a request should: asking again for the same plan
 * joins the job in progress. Jobs live in memory only; after a restart the plan is made again.
 */
export class PlanJobs {
  #world: { store: Store; host: Host; deployments: Deployments };
  #jobs = new Map<string, Job>();
  #given = new Map<string, Plan>();

  constructor(world: { store: Store; host: Host; deployments: Deployments }) {
    this.#world = world;
  }

  /** The plan, or its progress after `patienceMs`. */
  async make(
    prepared: PreparedDeployment,
    choice: DeploymentChoice,
    patienceMs: number,
  ): Promise<{ plan: Plan } | { progress: PlanProgress }> {
    const token = await this.#world.deployments.planToken(prepared, choice);
    let job = this.#jobs.get(token);
    if (!job || (job.endedAt !== undefined && Date.now() - job.endedAt > STALE_MS)) {
      job = this.#start(prepared, choice);
      this.#jobs.set(token, job);
    }
    const { promise: impatience, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), patienceMs);
    try {
      const plan = await Promise.race([job.plan, impatience]);
      if (!plan) return { progress: job.progress ?? { stage: 'people', done: 0, total: 0 } };
      this.#jobs.delete(token);
      this.#remember(plan);
      return { plan };
    } catch (error) {
      this.#jobs.delete(token);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A plan given before, by its token. */
  given(token: string): Plan | undefined {
    return this.#given.get(token);
  }

  #start(prepared: PreparedDeployment, choice: DeploymentChoice): Job {
    const job: Job = {
      plan: makePlan(this.#world, prepared, {
        ...choice,
        onProgress: (progress) => {
          job.progress = progress;
        },
      }).finally(() => {
        job.endedAt = Date.now();
      }),
      progress: undefined,
      endedAt: undefined,
    };
    // Nobody may be waiting when the plan fails; whoever asks next gets the error.
    job.plan.catch(() => {});
    return job;
  }

  #remember(plan: Plan): void {
    this.#given.set(plan.token, plan);
    for (const token of this.#given.keys()) if (this.#given.size > REMEMBERED) this.#given.delete(token);
  }
}
