import { defineCommand } from 'citty';
import type { UserAnswer } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { attributeArgs, attributesOf, FORMATS } from '../command-line/attribute-args.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { changesOrNone, formatChanges } from '../print/changes.ts';
import { print, printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'add',
    usage: '<user-id> [attributes]',
    description: 'Add or update user with attributes',
    variadic: true,
    notes: [FORMATS, 'Attributes are merged into those the user has; key=null removes one.'],
    examples: [
      "segflow add user123 username='johndoe' email='john@example.com'",
      `segflow add user123 -j '{"username": "johndoe", "email": "john@example.com"}'`,
      'segflow add user123 winback=true --wait',
    ],
  }),
  args: {
    'user-id': { type: 'positional', required: true, description: "The user's id in your system" },
    ...attributeArgs,
    ...connectionArgs,
  },
  async run({ args }) {
    const id = args['user-id'];
    const attributes = attributesOf(args, 1);
    const server = await connect(args);
    const answer = await server.request<UserAnswer>({
      method: 'PUT',
      path: `/v1/users/${encodeURIComponent(id)}`,
      query: args.wait ? { wait: true } : {},
      body: { attributes },
    });
    if (args.json) {
      const changes = args.wait ? changesOrNone(answer.changes) : {};
      return printJson({
        user: id,
        created: answer.created,
        attributes: answer.user.attributes,
        ...changes,
      });
    }
    (await terminalLog()).success(`${answer.created ? 'Added' : 'Updated'} user ${id}`);
    if (args.wait) await print(formatChanges(answer.changes));
  },
});
