import { defineCommand } from 'citty';
import type { PauseItem } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'pause',
    usage: '[campaign]',
    description: 'Pause a campaign, or everything, immediately; no run loses its place',
    notes: [
      'Without a campaign, everything is paused, including all mail. Users and events are still accepted.',
    ],
    examples: ['segflow pause winback-campaign', "segflow pause --reason='a wrong price in the template'"],
  }),
  args: {
    campaign: { type: 'positional', required: false, description: "The campaign's id" },
    reason: { type: 'string', valueHint: 'text', description: 'The reason, shown by segflow status' },
    ...connectionArgs,
  },
  async run({ args }) {
    const server = await connect(args);
    const { campaign, reason } = args;
    const body = { ...(campaign ? { campaign } : {}), ...(reason ? { reason } : {}) };
    const pause = await server.request<PauseItem>({ method: 'POST', path: '/v1/pauses', body });
    if (args.json) return printJson(pause);
    const log = await terminalLog();
    log.success(
      `${campaign ? `Campaign ${campaign}` : 'Everything'} is paused; segflow resume ${campaign ?? ''}`.trimEnd(),
    );
  },
});
