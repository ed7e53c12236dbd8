import { dirname } from 'node:path';
import { defineCommand } from 'citty';
import { about } from '../command-line/about.ts';
import { portOf } from '../command-line/port.ts';
import { untilSignal } from '../command-line/signals.ts';
import { print, printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'preview',
    usage: '[config-path]',
    description: 'Show the emails of a config in the browser',
    notes: [
      "An email is rendered with its component's PreviewProps if there are any, otherwise with sample data.",
    ],
    examples: ['segflow preview', 'segflow preview ./marketing/segflow.config.ts --port 4000'],
  }),
  args: {
    'config-path': {
      type: 'positional',
      required: false,
      description: 'The config (default ./segflow.config.ts)',
    },
    port: {
      type: 'string',
      valueHint: 'n',
      default: '3333',
      description: 'Port, or the next free one; 0 takes any',
    },
    host: { type: 'string', valueHint: 'address', default: '127.0.0.1', description: 'Address to listen on' },
    json: { type: 'boolean', description: 'Print the ready line as JSON' },
  },
  async run({ args }) {
    const log = await terminalLog();
    const stopped = untilSignal();
    const { findConfig } = await import('../../config/find.ts');
    const configPath = findConfig(args['config-path']);
    const { loadDotenvInto } = await import('../connect/dotenv.ts');
    await loadDotenvInto(process.env, [dirname(configPath), process.cwd()]);
    const { startPreview } = await import('../../preview/server.ts');
    const preview = await startPreview({
      configPath,
      port: portOf(args.port),
      host: args.host,
      log: (line) => log.info(line),
    });
    await (args.json ? printJson({ url: preview.url }) : print(`Preview is ready at ${preview.url}`));
    await stopped;
    await preview.close();
  },
});
