import { SegflowError } from '../core/errors.ts';

/** More commands than this from one activation are a loop that never waits. */
export const MAX_COMMANDS_PER_ACTIVATION = 10_000;

export class TooManyCommands extends SegflowError {
  constructor() {
    const count = MAX_COMMANDS_PER_ACTIVATION.toLocaleString('en');
    super('flow_error', `the flow yielded ${count} commands without ever waiting`, {
      hint: 'Put an rt.wait() into the loop.',
    });
  }
}
