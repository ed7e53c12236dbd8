import { defineCommand } from 'citty';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'resume',
    usage: '[campaign]',
    description: 'Resume a paused campaign, or everything',
    notes: [
      'Steps that became due meanwhile happen now. A campaign that was paused individually stays paused when everything resumes.',
    ],
    examples: ['segflow resume winback-campaign', 'segflow resume'],
  }),
  args: {
    campaign: { type: 'positional', required: false, description: "The campaign's id" },
    ...connectionArgs,
  },
  async run({ args }) {
    const server = await connect(args);
    const { campaign } = args;
    await server.request({ method: 'DELETE', path: '/v1/pauses', query: { campaign } });
    if (args.json) return printJson({ resumed: campaign ?? null });
    const log = await terminalLog();
    log.success(`${campaign ? `Campaign ${campaign}` : 'Everything'} goes on`);
  },
});
