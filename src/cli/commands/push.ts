import { dirname } from 'node:path';
import { defineCommand } from 'citty';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { choiceOf, DEPLOY_NOTES, deploy, deployArgs } from '../connect/deploy.ts';
import { print, printError, printJson, terminalLog } from '../print/output.ts';
import { short } from '../print/plan.ts';
import { formatWarnings } from '../print/problems.ts';

export default defineCommand({
  meta: about({
    name: 'push',
    usage: '[config-path]',
    description: 'Push config to server (defaults to ./segflow.config.ts)',
    notes: [
      'Shows a plan before changing anything. On a terminal, push asks for confirmation when people would be mailed. Elsewhere\n' +
        'it goes ahead, unless the config says push: { confirm: true }; then push needs --yes.',
      DEPLOY_NOTES,
      'The push includes the environment variables that the config reads, with their values here (the environment, then .env).\n' +
        'Their names are shown, never their values; the server keeps them encrypted.',
      'A config with problems is refused: every problem is shown with its place (exit code 3), and nothing changes.',
    ],
    examples: [
      'segflow push',
      'segflow push ./marketing/segflow.config.ts',
      'segflow push --dry-run',
      'segflow push --existing=skip --yes',
      'segflow push --in-flight=pin --json',
    ],
  }),
  args: {
    'config-path': { type: 'positional', required: false, description: 'The config, or its folder' },
    ...deployArgs,
    ...connectionArgs,
  },
  async run({ args }) {
    const choice = choiceOf(args);
    const here = process.cwd();
    const [{ preparePush }, { pushOrigin }] = await Promise.all([
      import('../project/prepare-push.ts'),
      import('../project/origin.ts'),
    ]);
    const { path, code, environment, missing, warnings } = await preparePush(args['config-path'], here);
    const server = await connect(args, [here, dirname(path)]);
    const log = await terminalLog();
    if (warnings.length > 0 && !args.json) await printError(formatWarnings(warnings));
    if (missing.length > 0 && !args.json) log.warn(`Not set here, so not pushed: ${missing.join(', ')}`);
    const body = { code, environment, origin: await pushOrigin(dirname(path)), ...choice };
    const { planned, done } = await deploy(server, { path: '/v1/deployments', body, flags: args });
    if (args.json) return printJson({ ...(done ?? planned), missingEnvironment: missing, warnings });
    if (planned.environment.length > 0) await print(`Environment: ${planned.environment.join(', ')}`);
    if (!done) return log.info('Plan only: nothing was changed');
    log.success(
      done.changed
        ? `Pushed to ${server.url}: deployment ${short(done.deployment)}`
        : `Nothing changed at ${server.url}: deployment ${short(done.deployment)} was active`,
    );
  },
});
