import { Identity } from '../journal/identity.ts';
import type { ActivationInput, ActivationOutput, Outside, ReplayFindings } from './activation.ts';
import { AttributeView } from './attribute-view.ts';
import type { FlowScope } from './deterministic.ts';
import { JournalReplay } from './journal-replay.ts';
import { type Interruption, LiveActivation } from './live-activation.ts';
import { RunningFlow } from './running-flow.ts';

/**
 * One activation of a run. The flow is run from the start and gets the results in the journal
 * again, which must lead to the commands in the journal. Then it continues until it yields a
 * command that waits, ends, or throws.
 *
 * Nothing here is kept between calls: after a crash the journal is all there is, and all that is
 * needed. Steps done in place since the last commit, side effects included, are then repeated.
 */
export class OngoingActivation {
  private readonly input: ActivationInput;
  private readonly flow: RunningFlow;
  private readonly replay: JournalReplay;
  private readonly live: LiveActivation;

  constructor(
    flow: unknown,
    input: ActivationInput,
    { scope, outside }: { scope: FlowScope; outside: Outside },
  ) {
    const identity = new Identity();
    const attributes = new AttributeView(input.attributes, (key) => this.replay.later(key));
    this.input = input;
    this.flow = new RunningFlow(flow, { input, scope, attributes });
    this.replay = new JournalReplay(this.flow, { input, identity });
    this.live = new LiveActivation(this.flow, { input, outside, identity });
  }

  begin(): ActivationOutput | Interruption {
    const diverged = this.replay.run();
    const { position } = this.flow;
    if (diverged) return { outcome: 'diverged', position, ...diverged, ...this.findings() };
    if (this.input.replayOnly) {
      return { outcome: 'advanced', appended: '', position, pending: null, ...this.findings() };
    }
    return this.withVariants(this.live.begin());
  }

  goOnAfter(
    interruption: Interruption,
    settled: PromiseSettledResult<unknown>,
  ): ActivationOutput | Interruption {
    return this.withVariants(this.live.goOnAfter(interruption, settled));
  }

  private findings(): ReplayFindings {
    const { guessed } = this.flow.attributes;
    if (!this.input.replayOnly) return {};
    return { ...(guessed.size > 0 && { guessed: [...guessed] }), ...this.variants() };
  }

  private withVariants(output: ActivationOutput | Interruption): ActivationOutput | Interruption {
    if (!this.input.dryRun || this.flow.variants.size === 0) return output;
    return 'outcome' in output && output.outcome === 'advanced' ? { ...output, ...this.variants() } : output;
  }

  private variants(): Pick<ReplayFindings, 'variants'> {
    const { variants } = this.flow;
    return variants.size > 0 ? { variants: Object.fromEntries(variants) } : {};
  }
}
