import { defineCommand } from 'citty';
import { SegflowError } from '../../core/errors.ts';
import type { MessageItem } from '../../protocol/api.ts';
import { about } from '../about.ts';
import { connect, connectionArgs } from '../connection.ts';
import { print, printJson } from '../output.ts';
import { cell, localTime, table } from '../table.ts';

const STATUSES: MessageItem['status'][] = ['queued', 'sending', 'sent', 'failed', 'skipped', 'unknown'];
const PAGE = 1000;

export default defineCommand({
  meta: about({
    name: 'messages',
    usage: '',
    description: 'List messages, newest first',
    examples: [
      'segflow messages',
      'segflow messages --user user123',
      'segflow messages --status failed --json',
    ],
  }),
  args: {
    user: { type: 'string', valueHint: 'id', description: "Only this user's" },
    status: { type: 'string', description: `Only those ${STATUSES.join(', ')}` },
    campaign: { type: 'string', valueHint: 'id', description: "Only this campaign's" },
    template: { type: 'string', valueHint: 'id', description: 'Only of this template or transaction' },
    before: { type: 'string', valueHint: 'id', description: 'Only older than this message' },
    limit: { type: 'string', valueHint: 'n', default: '50', description: 'How many at most' },
    ...connectionArgs,
  },
  async run({ args }) {
    const limit = Number(args.limit);
    if (!Number.isInteger(limit) || limit < 1) {
      throw new SegflowError('invalid_input', `--limit is a whole number from 1 on, got "${args.limit}"`);
    }
    if (args.status && !STATUSES.includes(args.status as MessageItem['status'])) {
      throw new SegflowError(
        'invalid_input',
        `--status is one of ${STATUSES.join(', ')}, got "${args.status}"`,
      );
    }
    const { user, status, campaign, template } = args;
    const server = await connect(args);
    const items: MessageItem[] = [];
    // The server gives at most a page at a time.
    for (let before = args.before, more = true; more && items.length < limit; before = items.at(-1)?.id) {
      const query = { user, status, campaign, template, before, limit: Math.min(PAGE, limit - items.length) };
      const page = await server.request<MessageItem[]>({ method: 'GET', path: '/v1/messages', query });
      items.push(...page);
      more = page.length === query.limit;
    }
    return args.json ? printJson(items) : print(format(items));
  },
});

// --- internal ---

function format(items: MessageItem[]): string {
  const rows = items.map((item) => [
    localTime(item.sentAt ?? item.createdAt),
    item.status,
    cell(item.userId, 24),
    cell(item.campaign ? `${item.campaign} / ${item.template}` : item.template, 48),
    cell(item.to ?? '', 32),
    cell(item.subject ?? item.reason ?? '', 48),
  ]);
  return table(['TIME', 'STATUS', 'USER', 'CAMPAIGN / TEMPLATE', 'TO', 'SUBJECT'], rows);
}
