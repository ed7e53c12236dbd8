import { defineCommand } from 'citty';
import { systemClock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import { about } from '../command-line/about.ts';
import { databaseUrlOf, serverEnvironment } from '../connect/server-environment.ts';
import { print, printJson, terminalLog } from '../print/output.ts';
import { localTime, table } from '../print/table.ts';

export default defineCommand({
  meta: about({
    name: 'migrate',
    usage: '',
    description: 'Migrate the database to the schema of this version',
    notes: [
      'segflow serve does this when it starts. While a server uses the data folder, only --status and --print work.',
    ],
    examples: [
      'segflow migrate',
      'segflow migrate --status',
      'segflow migrate --print',
      'segflow migrate --data /var/lib/segflow',
      'DATABASE_URL=mysql://segflow:password@db.example.com/segflow segflow migrate --status',
    ],
  }),
  args: {
    data: { type: 'string', valueHint: 'dir', description: 'Folder of the database (default .segflow)' },
    'database-url': {
      type: 'string',
      valueHint: 'url',
      description: 'MySQL or MariaDB database (default DATABASE_URL; without it, the data folder)',
    },
    status: {
      type: 'boolean',
      description: 'Show which migrations ran and which are still to run; change nothing',
    },
    print: { type: 'boolean', description: 'Print the SQL of all migrations; change nothing' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    if (args.status && args.print) {
      throw new SegflowError('invalid_input', '--status and --print exclude each other', {
        hint: 'Use only one of the two.',
      });
    }
    const { migrate, migrationSql, migrationStatus } = await import('../../store/open.ts');
    const environment = await serverEnvironment(process.cwd(), process.env);
    const url = databaseUrlOf(args['database-url'], environment);
    if (args.print) {
      const text = migrationSql(url === undefined ? 'embedded' : 'mysql');
      return args.json ? printJson({ sql: text }) : print(text);
    }
    const dataDir = args.data || environment.SEGFLOW_DATA || '.segflow';
    const at = { ...(url === undefined ? { dataDir } : { url }), clock: systemClock };
    if (args.status) return show(await migrationStatus(at), args.json);
    const ran = await migrate(at);
    if (args.json) return show(ran, true);
    const log = await terminalLog();
    for (const { version, name } of ran) log.success(`Ran migration ${version} (${name})`);
    log.success(`The database${url === undefined ? ` in ${dataDir}` : ''} is up to date`);
  },
});

// --- internal ---

interface Migration {
  version: number;
  name: string;
  /** Epoch milliseconds. */
  appliedAt: number | undefined;
}

function show(migrations: Migration[], json: boolean | undefined): Promise<void> {
  const times = migrations.map(({ appliedAt }) =>
    appliedAt === undefined ? null : new Date(appliedAt).toISOString(),
  );
  if (json) {
    return printJson(migrations.map(({ version, name }, i) => ({ version, name, appliedAt: times[i] })));
  }
  const rows = migrations.map(({ version, name }, i) => [
    String(version),
    name,
    localTime(times[i]) || 'to run',
  ]);
  return print(table(['VERSION', 'NAME', 'RAN'], rows));
}
