import type { Clock } from '../../core/clock.ts';
import { crashPoint } from '../../core/crash-point.ts';
import { firstLine, forLog } from '../../core/failure-text.ts';
import type { SlotOwner } from '../cluster/slots.ts';
import type { Next } from '../cluster/worker.ts';
import type { Deployments } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { Log } from '../ports/log.ts';
import type { DueRun } from '../ports/runs.ts';
import type { Store } from '../ports/store.ts';
import { CampaignGuard } from '../quarantine/campaign-guard.ts';
import { Quarantine, TRIAL_LOOK_MS } from '../quarantine/quarantine.ts';
import { type Answer, answersFor, type Go } from '../waits/answers.ts';
import { Advancer } from './advancer.ts';
import { DueByPriority } from './due-by-priority.ts';
import { withoutStale } from './retried.ts';
import { commitTurn, type TurnOutcome } from './turn-commit.ts';

/** Runs advanced by one turn. */
const BATCH = 500;
/** Runs named in a warning. */
const NAMED = 5;

/**
 * Advances due runs. A turn takes a batch, finds each run's answer, lets the host replay and
 * continue the flows, and commits in one transaction: the journals, the effects, what each run
 * waits for, and the messages to send. Before the commit nothing has happened; a crash repeats the
 * batch with the same result, because flows are deterministic. A run at which the code hung is
 * retried alone, while the turns continue with the others.
 *
 * States: pending → (running ⇄ sleeping) → completed | failed | cancelled. A `running` run waits
 * for its message to be settled; a `sleeping` one waits for a time or for what its `awaits` say
 * (waits/awaits). A run that no code follows is `blocked`, and due again after the next deployment.
 * A failed run is pending again when it is retried. Paused runs are not due.
 */
export class Runner {
  #store: Store;
  #deployments: Deployments;
  #advancer: Advancer;
  #slots: SlotOwner;
  #clock: Clock;
  #log: Log;
  #guard: CampaignGuard;
  #due: DueByPriority;
  #quarantine = new Quarantine<number>();
  #onCommit: (outcome: TurnOutcome) => void;
  #onSuspects: () => void;

  constructor(options: {
    store: Store;
    host: Host;
    deployments: Deployments;
    slots: SlotOwner;
    clock: Clock;
    log: Log;
    /** Messages were queued, or users changed. */
    onCommit: (outcome: TurnOutcome) => void;
    /** The set of suspects has changed. */
    onSuspects: () => void;
  }) {
    this.#store = options.store;
    this.#deployments = options.deployments;
    this.#advancer = new Advancer(options);
    this.#due = new DueByPriority(options);
    this.#slots = options.slots;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onCommit = options.onCommit;
    this.#onSuspects = options.onSuspects;
    this.#guard = new CampaignGuard({ ...options, what: 'its flow' });
  }

  async turn(): Promise<Next> {
    const now = await this.#store.now();
    const slots = this.#slots.owned();
    const { due, onlySuspects } = await this.#quarantine.others(BATCH, (limit) =>
      this.#due.read(now, limit, slots),
    );
    if (onlySuspects) return { at: this.#clock.now() + TRIAL_LOOK_MS };
    if (due.length === 0) {
      const wake = await this.#store.nextWake(slots);
      // The database's clock and this process's may differ: sleep for the length of time.
      return wake === undefined ? 'when-woken' : { at: this.#clock.now() + Math.max(wake - now, 1) };
    }
    const suspects = await this.#advance(due, { now, suspected: false });
    for (const { id } of suspects) this.#quarantine.add(id);
    if (suspects.length > 0) this.#onSuspects();
    return 'now';
  }

  /** Tries one suspect alone, in parallel with the turns. */
  async tryAlone(): Promise<Next> {
    if (this.#quarantine.size === 0) return 'when-woken';
    const now = await this.#store.now();
    const suspect = await this.#quarantine.next((limit) =>
      this.#store.dueRuns(now, limit, this.#slots.owned()),
    );
    if (!suspect) return { at: this.#clock.now() + TRIAL_LOOK_MS };
    await this.#advance([suspect], { now, suspected: true });
    this.#quarantine.delete(suspect.id);
    this.#onSuspects();
    return 'now';
  }

  /** Returns the suspects, unchanged. */
  async #advance(due: DueRun[], { now, suspected }: { now: number; suspected: boolean }): Promise<DueRun[]> {
    const active = await this.#deployments.active();
    const fence = this.#slots.fence(due.map(({ userId }) => userId));
    const taken = await withoutStale(this.#store, due, { active, now, fence });
    const answers = await answersFor(this.#store, taken, now);
    const going = [...answers].flatMap(([run, answer]) => (answer.kind === 'go' ? [{ run, answer }] : []));
    const advanced = await this.#advancer.advance(going, { now, suspected });
    const advances = advanced.filter(({ suspect }) => !suspect);
    const outcome = await commitTurn(this.#store, {
      now,
      advances: advances.map((advance) => ({ advance, place: (answers.get(advance.run) as Go).place })),
      waiting: [...answers].flatMap(waitingOf),
      active,
      instanceId: await this.#deployments.instanceId(),
      transactions: await this.#deployments.transactions(),
      fence,
    });
    crashPoint('runs:after-commit');
    await this.#report(outcome);
    this.#onCommit(outcome);
    return advanced.filter(({ suspect }) => suspect).map(({ run }) => run);
  }

  async #report({ ended }: TurnOutcome): Promise<void> {
    const stuck = ended.filter(({ status }) => status === 'failed' || status === 'blocked');
    for (const [words, runs] of Map.groupBy(stuck, inWords)) {
      const ids = runs.slice(0, NAMED).map(({ run }) => run.id);
      this.#log.warn(
        `${words} (${runs.length} run(s): ${ids.join(', ')}${runs.length > NAMED ? ', …' : ''})`,
      );
    }
    const activated = ended.filter(({ status }) => status !== 'blocked');
    await this.#guard.watch(
      activated.map(({ run, status, reason }) => ({
        campaignId: run.campaignId,
        failure: status === 'failed' ? reason : null,
      })),
    );
  }
}

// --- internal ------------------------------------------------------------------------------------

function waitingOf([run, answer]: [DueRun, Answer]) {
  return answer.kind === 'wait' ? [{ run, wait: answer }] : [];
}

function inWords({ run, status, reason }: TurnOutcome['ended'][number]): string {
  const { campaignId } = run;
  // The reason why a run is blocked quotes only code.
  if (status === 'blocked') return `campaign ${campaignId} is blocked: ${firstLine(reason)}`;
  return `campaign ${campaignId} failed: ${forLog(reason)}. What it said: segflow explain USER`;
}
