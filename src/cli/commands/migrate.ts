import { defineCommand } from 'citty';
import { about } from '../about.ts';

export default defineCommand({
  meta: about({
    name: 'migrate',
    usage: '',
    description: 'Bring the database to the schema of this version',
    examples: ['segflow migrate', 'segflow migrate --status', 'segflow migrate --print'],
  }),
  args: {
    data: {
      type: 'string',
      valueHint: 'dir',
      description: 'Folder of the embedded database (default .segflow)',
    },
    status: {
      type: 'boolean',
      description: 'Say which migrations are applied and which are not, and change nothing',
    },
    print: { type: 'boolean', description: 'Print the SQL that would run, and change nothing' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run() {},
});
