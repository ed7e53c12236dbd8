import { defineCommand } from 'citty';
import { about } from '../about.ts';
import { connectionArgs } from '../connection.ts';

export default defineCommand({
  meta: about({
    name: 'push',
    usage: '[config-path]',
    description: 'Push config to server (defaults to ./segflow.config.ts)',
    examples: ['segflow push', 'segflow push ./marketing/segflow.config.ts'],
  }),
  args: {
    'config-path': { type: 'positional', required: false, description: 'The config' },
    ...connectionArgs,
  },
  async run() {},
});
