import { parseArgs } from 'node:util';
import { startPostmark } from './postmark.ts';

/*
 * The loopback Postmark as a program: prints its URL, then serves until it is ended.
 *
 *   bun test/helpers/postmark-server.ts [--port N] [--token TOKEN] [--file accepted.jsonl]
 */

const { values } = parseArgs({
  options: { port: { type: 'string' }, token: { type: 'string' }, file: { type: 'string' } },
});
const postmark = await startPostmark({
  port: Number(values.port ?? 0),
  ...(values.token === undefined ? {} : { token: values.token }),
  ...(values.file === undefined ? {} : { file: values.file }),
});
console.log(postmark.url);
