import { defineCommand } from 'citty';
import type { DeploymentItem } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { paint, print, printJson } from '../print/output.ts';
import { short } from '../print/plan.ts';
import { cell, localTime, table } from '../print/table.ts';

export default defineCommand({
  meta: about({
    name: 'deployments',
    usage: '',
    description: 'List deployments, newest first: who pushed what when, which is active, runs on each',
    notes: [
      'ACTIVATED is when the deployment last became active; a name means that this person ran segflow rollback.',
      'COMMIT is the commit of the git repository that was pushed from; a + means that there were uncommitted changes.',
      'RUNS counts the runs in flight that followed its code in their last step; they may move to other code with the next.',
    ],
    examples: ['segflow deployments', 'segflow deployments --json'],
  }),
  args: { ...connectionArgs },
  async run({ args }) {
    const server = await connect(args);
    const items = await server.request<DeploymentItem[]>({ method: 'GET', path: '/v1/deployments' });
    return args.json ? printJson(items) : print(format(items));
  },
});

// --- internal ---

function format(items: DeploymentItem[]): string {
  if (items.length === 0) return 'Nothing was pushed yet: segflow push';
  const rows = items.map(({ id, active, createdAt, activatedAt, runs, origin }) => [
    `${active ? paint('green', '*') : ' '} ${short(id)}`,
    localTime(createdAt),
    `${localTime(activatedAt)}${returnedTo(origin)}`,
    String(runs),
    cell([origin.by, origin.host].filter(Boolean).join('@'), 28),
    origin.commit ? `${origin.commit.slice(0, 8)}${origin.dirty ? '+' : ''}` : '',
    cell(origin.message ?? '', 48),
  ]);
  return table(['  ID', 'PUSHED', 'ACTIVATED', 'RUNS', 'BY', 'COMMIT', 'MESSAGE'], rows);
}

function returnedTo({ rolledBackBy, rolledBackFrom }: Record<string, string>): string {
  const who = [rolledBackBy, rolledBackFrom].filter(Boolean).join('@');
  return who === '' ? '' : ` by ${cell(who, 28)}`;
}
