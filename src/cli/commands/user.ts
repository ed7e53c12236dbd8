import { defineCommand } from 'citty';
import type { Journey } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { formatJourney } from '../print/journey.ts';
import { print, printJson } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'user',
    usage: '<user-id>',
    description: "Show a user's journey: attributes, segments, runs with their steps, messages",
    examples: ['segflow user user123', 'segflow user user123 --json'],
  }),
  args: {
    'user-id': { type: 'positional', required: true, description: "The user's id in your system" },
    ...connectionArgs,
  },
  async run({ args }) {
    const server = await connect(args);
    const path = `/v1/users/${encodeURIComponent(args['user-id'])}`;
    const journey = await server.request<Journey>({ method: 'GET', path });
    return args.json ? printJson(journey) : print(formatJourney(journey));
  },
});
