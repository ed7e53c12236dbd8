import { messageOf, SegflowError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import type { Deployments } from '../deployments/deployments.ts';
import type { Host } from '../ports/host.ts';
import type { Bundle } from '../ports/manifest.ts';
import type { DueRun } from '../ports/runs.ts';
import type { Store } from '../ports/store.ts';
import { awaitsOf, type Go } from '../waits/answers.ts';
import { type Question, questionOf } from '../waits/awaits.ts';
import { RunAdvance } from './run-advance.ts';

/**
 * The most questions that a flow may ask in one turn: a loop that asks without ever waiting is
 * stopped.
 */
const MAX_QUESTIONS = 1_000;

/**
 * Lets the host continue the flows of due runs. A flow that asks about a segment or runs a query
 * gets its answer and continues in the same turn, in rounds: each round is one batch for all runs
 * that asked. Answers come from committed data, so a flow that has just changed something is
 * committed first and asks in the next turn.
 */
export class Advancer {
  #store: Store;
  #host: Host;
  #deployments: Deployments;

  constructor(options: { store: Store; host: Host; deployments: Deployments }) {
    this.#store = options.store;
    this.#host = options.host;
    this.#deployments = options.deployments;
  }

  /**
   * Advances each run with the active code if its history fits, otherwise with the code it has
   * followed so far. A run that hangs is returned at once as a suspect; with `suspected` it gets
   * its full time, and fails.
   */
  async advance(
    runs: { run: DueRun; answer: Go }[],
    { now, suspected }: { now: number; suspected: boolean },
  ): Promise<RunAdvance[]> {
    const active = await this.#deployments.active();
    const segments = new Set(active?.manifest.segments.map(({ id }) => id));
    const campaigns = new Set(active?.manifest.campaigns.map(({ id }) => id));
    const advances = runs.map(({ run, answer }) => new RunAdvance(run, { answer, now }));
    const asked = advances.filter(({ run }) => questionOf(awaitsOf(run)?.pending) !== undefined);
    await this.#answer(asked, segments);

    // A pinned run that its own code no longer follows is better off with code that does.
    const movable = ({ pinned, status }: DueRun) => !pinned || status === 'blocked';
    const here = active ? advances.filter(({ run }) => movable(run) && campaigns.has(run.campaignId)) : [];
    if (active)
      await this.#through(here, { bundle: active.bundle, deploymentId: active.id, segments, suspected });
    const elsewhere = advances.filter(
      (advance) =>
        !advance.failed &&
        !advance.suspect &&
        (!here.includes(advance) || (advance.diverged && advance.run.deploymentId !== active?.id)),
    );
    for (const [deploymentId, group] of Map.groupBy(elsewhere, ({ run }) => run.deploymentId)) {
      const bundle = await this.#deployments.bundle(deploymentId);
      await this.#through(group, { bundle, deploymentId, segments, suspected });
    }
    return advances;
  }

  /** Continues with this code until each run waits, ends, fails or diverges. */
  async #through(
    advances: RunAdvance[],
    code: { bundle: Bundle; deploymentId: string; segments: ReadonlySet<string>; suspected: boolean },
  ): Promise<void> {
    let going = advances.filter(({ failed }) => !failed);
    for (let round = 0; going.length > 0; round++) {
      const suspects = new Set<number>();
      const manner = code.suspected
        ? { suspected: true }
        : { onSuspect: ({ runId }: { runId: number }) => suspects.add(runId) };
      const results = await this.#host.advance(
        code.bundle,
        going.map((advance) => advance.request()),
        manner,
      );
      going.forEach((advance, i) => {
        if (suspects.has(advance.run.id)) advance.suspect = true;
        else advance.take(results[i]!, code.deploymentId);
      });
      going = going.filter(({ canAskNow, suspect }) => canAskNow && !suspect);
      if (round >= MAX_QUESTIONS) for (const advance of going) advance.fail(TOO_MANY);
      await this.#answer(going, code.segments);
      going = going.filter(({ failed }) => !failed);
    }
  }

  async #answer(advances: RunAdvance[], segments: ReadonlySet<string>): Promise<void> {
    const asking = advances.map((advance) => ({ advance, question: questionOf(advance.pending)! }));
    const aboutSegments = asking.flatMap(({ advance, question }) =>
      question.kind === 'member' ? [advance.run.userId] : [],
    );
    const members = new Set(
      (await this.#store.memberships([...new Set(aboutSegments)])).map(
        ({ userId, segmentId }) => `${userId}\n${segmentId}`,
      ),
    );
    for (const { advance, question } of asking) {
      if (advance.failed) continue;
      try {
        advance.tell(await this.#replyTo(advance.run, { question, segments, members }));
      } catch (error) {
        if (!SegflowError.is(error) || error.code !== 'flow_error') throw error;
        advance.fail(`${messageOf(error)}${error.hint ? `. ${error.hint}` : ''}`);
      }
    }
  }

  async #replyTo(
    { userId }: DueRun,
    asked: { question: Question; segments: ReadonlySet<string>; members: ReadonlySet<string> },
  ): Promise<Json> {
    const { question, segments, members } = asked;
    if (question.kind === 'query') return this.#store.queryUser({ ...question, userId });
    if (segments.has(question.segment)) return members.has(`${userId}\n${question.segment}`);
    throw new SegflowError('flow_error', `rt.inSegment: there is no segment "${question.segment}"`);
  }
}

// --- internal ------------------------------------------------------------------------------------

const TOO_MANY = `the flow asked ${MAX_QUESTIONS.toLocaleString('en')} questions (rt.inSegment, rt.query) without ever waiting. Put an rt.wait() into the loop.`;
