import { defineCommand } from 'citty';
import { systemClock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import { about } from '../command-line/about.ts';
import { VERSION } from '../command-line/version.ts';
import { databaseUrlOf, serverEnvironment } from '../connect/server-environment.ts';
import { print, printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'backup',
    usage: 'FILE',
    description: 'Write the embedded store to one file, even while a server uses the store',
    notes: [
      [
        'The file holds everything as of one moment: users, events, runs, messages, deployments, and the secret and API key of',
        'the data folder, so that it can be used elsewhere. Protect it like a password; only you can read it (mode 0600).',
        'The file gets its name once it is complete, on disk and checked. An earlier backup of that name is replaced.',
      ].join('\n'),
    ],
    examples: [
      'segflow backup segflow.backup',
      'segflow backup /backups/segflow-$(date +%F).db --data /var/lib/segflow',
      'segflow backup segflow.backup --json',
    ],
  }),
  args: {
    file: { type: 'positional', required: true, description: 'The file to write' },
    data: { type: 'string', valueHint: 'dir', description: 'Folder of the database (default .segflow)' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const environment = await serverEnvironment(process.cwd(), process.env);
    if (!args.data && databaseUrlOf(undefined, environment)) {
      throw new SegflowError('invalid_input', 'this instance is in a database, not in the embedded store', {
        hint: 'Back it up with the tools of the database (mysqldump --single-transaction), and keep the secret of the data folder with it.',
      });
    }
    const { backup } = await import('../../transfer/backup.ts');
    const { inBytes, progressLine } = await import('../print/progress.ts');
    using line = progressLine();
    const result = await backup({
      dataDir: args.data || environment.SEGFLOW_DATA || '.segflow',
      file: args.file,
      environment,
      version: VERSION,
      clock: systemClock,
      onProgress: (what, done, total) => line.show(inBytes(what, done, total)),
    });
    line.clear();
    if (args.json) return printJson({ ...result, backedUpAt: new Date(result.backedUpAt).toISOString() });
    const { users, events, runs, messages: mail, deployments } = result.contents;
    await print(
      `${result.file}: ${users} users, ${events} events, ${runs} runs, ${mail} messages, ${deployments} deployments`,
    );
    const log = await terminalLog();
    if (result.secret) {
      log.info(
        'The secret of the data folder is in the file: anyone who has the file can read the API keys in it.',
      );
    } else {
      log.warn(
        'The secret is not in the file: it is the SEGFLOW_SECRET of the server. Keep that value too; without it the pushed environment cannot be read.',
      );
    }
    if (!result.apiKey) log.info('The API key is not in the file: the server has it from SEGFLOW_API_KEY.');
  },
});
