import { defineCommand } from 'citty';
import { systemClock } from '../../core/clock.ts';
import { parseDuration } from '../../core/duration.ts';
import { SegflowError } from '../../core/errors.ts';
import { about } from '../command-line/about.ts';
import { databaseUrlOf, serverEnvironment } from '../connect/server-environment.ts';
import { print, printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'restore',
    usage: 'FILE',
    description: 'Put a backup into a data folder that no server uses',
    notes: [
      [
        'Nobody is mailed twice. The restored instance does not know which messages the original sent after the backup was',
        'started, so it asks the mail provider about each message before sending it. It asks from its first start on, for as',
        'long as the backup was old at that start plus a week, or for --ask-for. The original must no longer run.',
      ].join('\n'),
    ],
    examples: [
      'segflow restore segflow.backup',
      'segflow restore segflow.backup --data /var/lib/segflow --force   # keeps the old store in a folder next to it',
      "segflow restore segflow.backup --ask-for '30 days'",
    ],
  }),
  args: {
    file: { type: 'positional', required: true, description: 'A file that segflow backup wrote' },
    data: {
      type: 'string',
      valueHint: 'dir',
      description: 'Folder to restore into (default .segflow); made when missing',
    },
    force: {
      type: 'boolean',
      description: 'Replace an existing store; the old store is kept in a folder next to it',
    },
    'ask-for': {
      type: 'string',
      valueHint: 'duration',
      description: 'How long the mail provider is asked before a message is sent',
    },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const environment = await serverEnvironment(process.cwd(), process.env);
    if (!args.data && databaseUrlOf(undefined, environment)) {
      throw new SegflowError(
        'invalid_input',
        'DATABASE_URL says that the instance is in a database, but a backup holds an embedded store',
        {
          hint: 'Restore into a folder with --data, then segflow transfer from there into the database.',
        },
      );
    }
    const askForMs = args['ask-for'] ? durationOf(args['ask-for'], '--ask-for') : null;
    const settle = environment.SEGFLOW_SETTLE_AFTER;
    const { restore } = await import('../../transfer/restore.ts');
    const { inBytes, progressLine } = await import('../print/progress.ts');
    using line = progressLine();
    const result = await restore({
      file: args.file,
      dataDir: args.data || environment.SEGFLOW_DATA || '.segflow',
      force: args.force ?? false,
      settleAfterMs: settle ? durationOf(settle, 'SEGFLOW_SETTLE_AFTER') : undefined,
      askForMs,
      clock: systemClock,
      onProgress: (what, done, total) => line.show(inBytes(what, done, total)),
    });
    line.clear();
    if (args.json) return printJson({ ...result, backedUpAt: new Date(result.backedUpAt).toISOString() });
    const { users, events, runs, messages: mail, deployments } = result.contents;
    await print(
      `${result.dataDir}: ${users} users, ${events} events, ${runs} runs, ${mail} messages, ${deployments} deployments, as of ${new Date(result.backedUpAt).toISOString()}`,
    );
    const log = await terminalLog();
    if (result.replaced) log.info(`The replaced store is kept in ${result.replaced}`);
    log.info(
      `The mail provider is asked before anything is sent${result.asked > 0 ? `, first about the ${result.asked} messages that were being sent` : ''}. Stop the original permanently before you serve this one.`,
    );
    if (!result.secret)
      log.warn('The secret was not in the backup: set SEGFLOW_SECRET to its value on the original.');
    else if (environment.SEGFLOW_SECRET) {
      log.warn(
        'SEGFLOW_SECRET is set and overrides the secret of the backup: unset it unless the two are the same.',
      );
    }
    if (!result.apiKey)
      log.info(
        'The API key was not in the backup: set SEGFLOW_API_KEY, or let segflow serve create a new key.',
      );
  },
});

// --- internal ---

function durationOf(text: string, name: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new SegflowError('invalid_input', `${name} must be a duration such as 30d, got "${text}"`);
  return ms;
}
