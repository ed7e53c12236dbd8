import { defineCommand } from 'citty';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { choiceOf, DEPLOY_NOTES, deploy, deployArgs } from '../connect/deploy.ts';
import { printJson, terminalLog } from '../print/output.ts';
import { short } from '../print/plan.ts';

export default defineCommand({
  meta: about({
    name: 'rollback',
    usage: '[deployment-id]',
    description: 'Return to an earlier deployment (default: the one before the active one)',
    notes: [
      'The deployment becomes active as it was pushed, including its environment, after the same plan and question as a push.',
      DEPLOY_NOTES,
    ],
    examples: [
      'segflow rollback',
      'segflow rollback 3f2a9c --dry-run',
      'segflow rollback 3f2a9c --yes --json',
    ],
  }),
  args: {
    'deployment-id': {
      type: 'positional',
      required: false,
      description: 'Its id, or the beginning of the id: see segflow deployments',
    },
    ...deployArgs,
    ...connectionArgs,
  },
  async run({ args }) {
    const choice = choiceOf(args);
    const server = await connect(args);
    const id = args['deployment-id'];
    const { personIn } = await import('../project/origin.ts');
    const origin = await personIn(process.cwd());
    const body = { ...(id ? { deployment: id } : {}), origin, ...choice };
    const { planned, done } = await deploy(server, { path: '/v1/rollback', body, flags: args });
    if (args.json) return printJson(done ?? planned);
    const log = await terminalLog();
    if (!done) return log.info('Plan only: nothing was changed');
    log.success(
      done.changed
        ? `Returned ${server.url} to deployment ${short(done.deployment)}`
        : `Nothing changed at ${server.url}: deployment ${short(done.deployment)} was active`,
    );
  },
});
