import { defineCommand } from 'citty';
import { SegflowError } from '../../core/errors.ts';
import type { MessageItem } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs, type ServerConnection } from '../connect/connection.ts';
import { print, printJson } from '../print/output.ts';
import { cell, localTime, table } from '../print/table.ts';

const STATUSES: MessageItem['status'][] = ['queued', 'sending', 'sent', 'failed', 'skipped', 'unknown'];
const PAGE = 1000;
/** Page size for repeated reads: usually little is new. */
const FOLLOW_PAGE = 200;

export default defineCommand({
  meta: about({
    name: 'messages',
    usage: '',
    description: 'List messages, newest first',
    examples: [
      'segflow messages',
      'segflow messages --user user123',
      'segflow messages --status failed --json',
      'segflow messages --follow',
    ],
  }),
  args: {
    user: { type: 'string', valueHint: 'id', description: 'Only messages to this user' },
    status: { type: 'string', description: `Only messages with this status: ${STATUSES.join(', ')}` },
    campaign: { type: 'string', valueHint: 'id', description: 'Only messages of this campaign' },
    template: {
      type: 'string',
      valueHint: 'id',
      description: 'Only messages of this template or transaction',
    },
    before: { type: 'string', valueHint: 'id', description: 'Only messages older than this one' },
    follow: { type: 'boolean', description: 'Keep printing new messages, oldest first, until Ctrl-C' },
    limit: { type: 'string', valueHint: 'n', default: '50', description: 'Print at most this many' },
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
    // The server returns at most a page per request.
    for (let before = args.before, more = true; more && items.length < limit; before = items.at(-1)?.id) {
      const query = { user, status, campaign, template, before, limit: Math.min(PAGE, limit - items.length) };
      const page = await server.request<MessageItem[]>({ method: 'GET', path: '/v1/messages', query });
      items.push(...page);
      more = page.length === query.limit;
    }
    if (args.follow)
      return follow(server, { query: { user, status, campaign, template }, items, json: args.json });
    return args.json ? printJson(items) : print(format(items));
  },
});

// --- internal ---

const POLL_MS = 1_000;

interface Following {
  query: Record<string, string | undefined>;
  /** The latest messages, newest first. */
  items: MessageItem[];
  json: boolean | undefined;
}

interface Watching extends Pick<Following, 'query'> {
  /** When the newest message of the first read was created; older messages were not requested. */
  since: string;
  /** Status by id. */
  seen: ReadonlyMap<string, string>;
}

/**
 * Prints the messages, oldest first, then new ones as they appear; a message is printed again when
 * its status changes. With --json, one message a line. Ends with the first signal.
 */
async function follow(server: ServerConnection, { query, items, json }: Following): Promise<void> {
  const { untilSignal } = await import('../command-line/signals.ts');
  let stopped = false;
  const signal = untilSignal().then(() => {
    stopped = true;
  });
  const seen = new Map<string, string>();
  const since = items[0]?.createdAt ?? '';
  let fresh = items.toReversed();
  let heading = true;
  while (true) {
    if (fresh.length > 0) {
      for (const { id, status } of fresh) seen.set(id, status);
      if (json) for (const item of fresh) await print(JSON.stringify(item));
      else await print(heading ? format(fresh) : format(fresh).split('\n').slice(1).join('\n'));
      heading = false;
    }
    await Promise.race([signal, Bun.sleep(POLL_MS)]);
    if (stopped) return;
    fresh = (await latest(server, { query, since, seen })).toReversed();
  }
}

/** Messages since the first read that are new or have a new status, newest first. */
async function latest(server: ServerConnection, { query, since, seen }: Watching): Promise<MessageItem[]> {
  const found: MessageItem[] = [];
  for (let before: string | undefined; ; ) {
    const page = await server.request<MessageItem[]>({
      method: 'GET',
      path: '/v1/messages',
      query: { ...query, before, limit: FOLLOW_PAGE },
    });
    const fresh = page.filter(({ id, status, createdAt }) => createdAt >= since && seen.get(id) !== status);
    found.push(...fresh);
    if (fresh.length === 0 || page.length < FOLLOW_PAGE) return found;
    before = page.at(-1)!.id;
  }
}

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
