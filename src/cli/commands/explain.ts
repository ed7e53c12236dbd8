import { defineCommand } from 'citty';
import type { Explanation } from '../../protocol/explain.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { formatExplanation } from '../print/explanation.ts';
import { print, printJson } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'explain',
    usage: '<user-id> [campaign]',
    description: 'Show why a user is, or is not, in a campaign: conditions, steps, what the run waits for',
    examples: [
      'segflow explain user123',
      'segflow explain user123 winback-campaign',
      'segflow explain user123 --json',
    ],
  }),
  args: {
    'user-id': { type: 'positional', required: true, description: "The user's id in your system" },
    campaign: { type: 'positional', required: false, description: "The campaign's id (default: all)" },
    ...connectionArgs,
  },
  async run({ args }) {
    const server = await connect(args);
    const path = `/v1/users/${encodeURIComponent(args['user-id'])}/explain`;
    const query = { campaign: args.campaign };
    const explanation = await server.request<Explanation>({ method: 'GET', path, query });
    return args.json ? printJson(explanation) : print(formatExplanation(explanation));
  },
});
