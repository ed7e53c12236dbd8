import { type Duration, durationMs, formatDuration } from '../core/duration.ts';
import { SegflowError } from '../core/errors.ts';
import { type Command, command, type EmailOutcome } from './commands.ts';

/** What a flow can do. Each method makes a command for the flow to `yield`, and does nothing until yielded. */
export interface Runtime {
  /**
   * Sends the template `template` to the user. The flow goes on once the message is settled: sent, refused or skipped.
   * @param template an id from the config's `templates`.
   */
  sendEmail(template: string): Command<EmailOutcome>;
  /**
   * Sleeps for `duration`: any mix of weeks, days, hours, minutes, seconds, milliseconds; fractions allowed; 0 to 100 years.
   * The deadline is fixed when the wait begins and survives restarts and deployments.
   * @throws `invalid_input` for anything else, which fails the run.
   */
  wait(duration: Duration): Command<void>;
}

export const runtime: Runtime = {
  sendEmail(template) {
    if (typeof template !== 'string' || template === '') {
      throw new SegflowError('invalid_input', `sendEmail takes the id of a template, got ${typeof template}`);
    }
    return command('email', template);
  },
  wait(duration) {
    return command('wait', formatDuration(durationMs(duration)));
  },
};
