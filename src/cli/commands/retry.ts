import { defineCommand } from 'citty';
import { SegflowError } from '../../core/errors.ts';
import type { RetryAnswer, RetryBody } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'retry',
    usage: '[run-id]',
    description: 'Retry failed and blocked runs from where they stopped',
    notes: [
      'Without a run, a campaign or a user, all of them are retried. segflow explain shows the ids of runs.',
    ],
    examples: [
      'segflow retry',
      'segflow retry --campaign winback-campaign',
      'segflow retry --user user123',
      'segflow retry 4711',
    ],
  }),
  args: {
    'run-id': { type: 'positional', required: false, description: 'One run' },
    campaign: { type: 'string', valueHint: 'id', description: 'Only runs of this campaign' },
    user: { type: 'string', valueHint: 'id', description: 'Only runs of this user' },
    ...connectionArgs,
  },
  async run({ args }) {
    const { campaign, user } = args;
    const run = args['run-id'] === undefined ? undefined : Number(args['run-id']);
    if (run !== undefined && (!Number.isInteger(run) || run < 1)) {
      throw new SegflowError('invalid_input', `a run's id is a whole number, got "${args['run-id']}"`, {
        hint: 'segflow explain USER shows the ids of runs.',
      });
    }
    const body: RetryBody = {
      ...(run ? { run } : {}),
      ...(campaign ? { campaign } : {}),
      ...(user ? { user } : {}),
    };
    const server = await connect(args);
    const answer = await server.request<RetryAnswer>({ method: 'POST', path: '/v1/retries', body });
    if (run !== undefined && answer.retried === 0) {
      throw new SegflowError('not_found', `no run ${run} has failed or is blocked`, {
        hint: 'segflow explain USER shows the runs of a user, with their ids.',
      });
    }
    if (args.json) return printJson(answer);
    const log = await terminalLog();
    log.success(
      answer.retried === 0
        ? 'No run has failed or is blocked'
        : `${answer.retried} ${answer.retried === 1 ? 'run tries' : 'runs try'} again`,
    );
  },
});
