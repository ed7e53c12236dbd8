import { defineCommand } from 'citty';
import type { Status } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { print, printJson } from '../print/output.ts';
import { short } from '../print/plan.ts';
import { cell, localTime, table } from '../print/table.ts';

export default defineCommand({
  meta: about({
    name: 'status',
    usage: '',
    description: 'Show counts of users, events, segments, runs and messages',
    notes: [
      'EVALUATED is when a segment was last evaluated for everyone. CONVERTED counts runs that reached the goal of their campaign.',
    ],
    examples: ['segflow status', 'segflow status --json'],
  }),
  args: { ...connectionArgs },
  async run({ args }) {
    const server = await connect(args);
    const status = await server.request<Status>({ method: 'GET', path: '/v1/status' });
    return args.json ? printJson(status) : print(format(status, server.url));
  },
});

// --- internal ---

function format(status: Status, url: string): string {
  const { deployment, ledger, pending, pauses, nodes, restored } = status;
  const facts: [string, string][] = [
    ['Server', `${url} (Segflow ${status.version}, ${status.store})`],
    [
      'Deployment',
      deployment
        ? `${short(deployment.id)}, since ${localTime(deployment.activatedAt)}${pushedFrom(deployment.origin)}`
        : 'none: segflow push',
    ],
    ...pauses.map(({ campaign, reason, since }): [string, string] => [
      'Paused',
      `${campaign ?? 'everything'}, since ${localTime(since)}: ${cell(reason, 80)}`,
    ]),
    ...(nodes ?? []).map(({ name, slots }): [string, string] => ['Node', `${cell(name)}, ${slots} slots`]),
    ...(restored ? [askingFact(restored)] : []),
    ['Users', `${status.users}${pending > 0 ? ` (${pending} waiting for evaluation)` : ''}`],
    ['Events', String(status.events)],
    ['Runs', `${byStatus(status.runs)}${stuck(status.runs)}`],
    [
      'Messages',
      `${byStatus(status.messages)}${ledger.balanced ? '' : ` (of ${ledger.total}: they do not add up)`}`,
    ],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  if (status.segments.length > 0) {
    const rows = status.segments.map(({ id, size, evaluatedAt }) => [
      id,
      String(size),
      localTime(evaluatedAt),
    ]);
    lines.push('', table(['SEGMENT', 'USERS', 'EVALUATED'], rows));
  }
  if (status.campaigns.length > 0) {
    const rows = status.campaigns.map((campaign) => [
      campaign.id,
      String(campaign.entered),
      conversions(campaign),
    ]);
    lines.push('', table(['CAMPAIGN', 'ENTERED', 'CONVERTED'], rows));
  }
  return lines.join('\n');
}

function conversions({ entered, converted, goal }: Status['campaigns'][number]): string {
  if (!goal) return '–';
  return entered > 0 ? `${converted} (${((100 * converted) / entered).toFixed(1)} %)` : '0';
}

function askingFact({ backedUpAt, askingUntil }: NonNullable<Status['restored']>): [string, string] {
  const what = 'the mail provider is asked about each message before it is sent';
  return ['Restored', `backup of ${localTime(backedUpAt)}: until ${localTime(askingUntil)} ${what}`];
}

function pushedFrom({ by, commit, message, dirty, rolledBackBy }: Record<string, string>): string {
  const what = commit
    ? ` (${commit.slice(0, 8)}${dirty ? '+' : ''}${message ? ` ${cell(message, 48)}` : ''})`
    : '';
  const back = rolledBackBy ? `, rolled back to by ${cell(rolledBackBy, 32)}` : '';
  return `${by ? `, by ${cell(by, 32)}` : ''}${what}${back}`;
}

function stuck({ failed = 0, blocked = 0 }: Status['runs']): string {
  if (failed + blocked === 0) return '';
  return ': segflow explain USER says why; push a fix, then segflow retry';
}

function byStatus(counts: Record<string, number | undefined>): string {
  const parts = Object.entries(counts).filter(([, count]) => count);
  return parts.map(([name, count]) => `${count} ${name}`).join(', ') || 'none';
}
