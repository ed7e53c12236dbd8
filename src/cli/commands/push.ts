import { dirname } from 'node:path';
import { defineCommand } from 'citty';
import type { DeploymentAnswer, PushBody } from '../../protocol/api.ts';
import { about } from '../about.ts';
import { connect, connectionArgs } from '../connection.ts';
import { messages, paint, print, printJson } from '../output.ts';

/** The server compiles and renders everything before it answers. */
const TIMEOUT_MS = 120_000;

export default defineCommand({
  meta: about({
    name: 'push',
    usage: '[config-path]',
    description: 'Push config to server (defaults to ./segflow.config.ts)',
    notes: [
      'The environment variables that the config reads go along, with the values they have here (the environment, then .env).\n' +
        'Their names are shown, never their values; the server keeps them encrypted.',
      'A config that is wrong is refused, with every problem and its place (exit code 3). Nothing changes then.',
    ],
    examples: ['segflow push', 'segflow push ./marketing/segflow.config.ts', 'segflow push --json'],
  }),
  args: {
    'config-path': { type: 'positional', required: false, description: 'The config, or its folder' },
    ...connectionArgs,
  },
  async run({ args }) {
    const here = process.cwd();
    const { preparePush } = await import('../prepare-push.ts');
    const { path, code, environment, missing } = await preparePush(args['config-path'], here);
    const server = await connect(args, [here, dirname(path)]);
    const body: PushBody = { code, environment };
    const answer = await server.request<DeploymentAnswer>({
      method: 'POST',
      path: '/v1/deployments',
      timeoutMs: TIMEOUT_MS,
      body,
    });
    if (args.json) return printJson({ ...answer, missingEnvironment: missing });
    const log = await messages();
    if (missing.length > 0) log.warn(`Not set here, so not pushed: ${missing.join(', ')}`);
    log.success(
      answer.changed
        ? `Pushed to ${server.url}: deployment ${answer.deployment}`
        : `Nothing changed at ${server.url}: deployment ${answer.deployment} was active`,
    );
    await print(summary(answer));
  },
});

// --- internal ---

function summary({ environment, segments, campaigns, templates, transactions }: DeploymentAnswer): string {
  const lines = [`  templates      ${listed(templates)}`, `  transactions   ${listed(transactions)}`];
  if (environment.length > 0) lines.push(`  environment    ${listed(environment)}`);
  for (const id of segments.added) lines.push(`  ${paint('green', '+')} segment ${id}`);
  for (const id of segments.changed) lines.push(`  ${paint('yellow', '~')} segment ${id}`);
  for (const id of segments.removed) lines.push(`  ${paint('red', '-')} segment ${id}`);
  for (const id of campaigns.added) lines.push(`  ${paint('green', '+')} campaign ${id}`);
  for (const id of campaigns.removed) lines.push(`  ${paint('red', '-')} campaign ${id}`);
  return lines.join('\n');
}

function listed(names: string[]): string {
  return names.length > 0 ? names.join(', ') : 'none';
}
