import { defineCommand } from 'citty';
import type { EventAnswer } from '../../protocol/api.ts';
import { about } from '../command-line/about.ts';
import { attributeArgs, attributesOf, FORMATS } from '../command-line/attribute-args.ts';
import { connect, connectionArgs } from '../connect/connection.ts';
import { changesOrNone, formatChanges } from '../print/changes.ts';
import { print, printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'emit',
    usage: '<event> <user-id> [attributes]',
    description: 'Emit event with attributes',
    variadic: true,
    notes: [FORMATS],
    examples: [
      'segflow emit login user123 timestamp=1625247600',
      'segflow emit purchase user123 amount=99.99 --wait',
      `segflow emit purchase user123 -j '{"value": 1200, "items": ["lamp"]}'`,
    ],
  }),
  args: {
    event: { type: 'positional', required: true, description: "The event's name" },
    'user-id': {
      type: 'positional',
      required: true,
      description: 'The id of the user who did it; the user must exist',
    },
    ...attributeArgs,
    'message-id': {
      type: 'string',
      valueHint: 'id',
      description: 'Your own id of the event: an event with a known id is not stored again',
    },
    ...connectionArgs,
  },
  async run({ args }) {
    const { event: name, 'user-id': userId, 'message-id': messageId } = args;
    const attributes = attributesOf(args, 2);
    const server = await connect(args);
    const answer = await server.request<EventAnswer>({
      method: 'POST',
      path: '/v1/events',
      query: args.wait ? { wait: true } : {},
      body: { userId, name, attributes, ...(messageId ? { messageId } : {}) },
    });
    const { duplicate } = answer.event;
    if (args.json) {
      const changes = args.wait ? changesOrNone(answer.changes) : {};
      return printJson({ user: userId, event: name, duplicate, ...changes });
    }
    const message = duplicate ? `Event ${messageId} was stored before` : `Emitted ${name} for user ${userId}`;
    (await terminalLog()).success(message);
    if (args.wait) await print(formatChanges(answer.changes));
  },
});
