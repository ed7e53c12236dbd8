import { defineCommand } from 'citty';
import { systemClock } from '../../core/clock.ts';
import { SegflowError } from '../../core/errors.ts';
import type { TransferResult } from '../../transfer/transfer.ts';
import { about } from '../command-line/about.ts';
import { databaseUrlOf, serverEnvironment } from '../connect/server-environment.ts';
import { print, printJson, terminalLog } from '../print/output.ts';
import { table } from '../print/table.ts';

export default defineCommand({
  meta: about({
    name: 'transfer',
    usage: '--from STORE --to STORE',
    description: 'Move an instance from one store to another, with everything it knows',
    notes: [
      [
        'Users, events, memberships, runs with their histories, messages, deployments: every row keeps its id, so users notice nothing.',
        'The target must be empty, and no server may use either store. Run an interrupted transfer again to continue it. At the',
        'end the rows of each table are counted and compared by checksum. From then on the old store refuses to be served and',
        'names its new place; segflow serve --force overrides this. A transfer that is complete only compares the two.',
      ].join('\n'),
    ],
    examples: [
      'segflow transfer --from .segflow --to mysql://user:password@db.example.com/segflow',
      'DATABASE_URL=mysql://… segflow transfer       # from .segflow, without a password in the list of processes',
      'segflow transfer --from mysql://… --to /var/lib/segflow',
    ],
  }),
  args: {
    from: {
      type: 'string',
      valueHint: 'store',
      description: 'Data folder or database URL (default .segflow)',
    },
    to: {
      type: 'string',
      valueHint: 'store',
      description: 'Data folder or database URL (default DATABASE_URL)',
    },
    force: { type: 'boolean', description: 'Move a store even though it was moved elsewhere before' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const environment = await serverEnvironment(process.cwd(), process.env);
    const to = args.to || databaseUrlOf(undefined, environment);
    if (!to) {
      throw new SegflowError('invalid_input', 'segflow transfer needs --to, or DATABASE_URL', {
        hint: 'Write for example --to mysql://user:password@host:3306/database',
      });
    }
    const { transfer } = await import('../../transfer/transfer.ts');
    const { inRows, progressLine } = await import('../print/progress.ts');
    using line = progressLine();
    const result = await transfer({
      from: args.from || environment.SEGFLOW_DATA || '.segflow',
      to,
      force: args.force ?? false,
      clock: systemClock,
      onProgress: (what, done, total) => line.show(inRows(what, done, total)),
    });
    line.clear();
    if (args.json) return printJson(result);
    await print(format(result));
    const log = await terminalLog();
    for (const text of whatNext(result, Boolean(environment.SEGFLOW_SECRET))) log.info(text);
  },
});

// --- internal ---

function format(result: TransferResult): string {
  const { from, to, tables, course } = result;
  const done =
    course === 'complete'
      ? `${from} was already moved to ${to}, and both are still the same`
      : `Moved ${from} to ${to}${course === 'new' ? '' : ` (${course})`}`;
  const rows = tables.map((each) => [each.table, each.rows.toLocaleString('en'), each.checksum.slice(0, 12)]);
  return rows.length === 0 ? done : `${table(['TABLE', 'ROWS', 'CHECKSUM'], rows)}\n\n${done}`;
}

/** How to serve the new store, and with which keys. */
function whatNext(
  { to, course, fromDataDir, toDataDir, keys }: TransferResult,
  hasSecret: boolean,
): string[] {
  const serve = toDataDir
    ? `Serve it: segflow serve --data ${toDataDir}`
    : `Serve it: set DATABASE_URL to ${to} with user and password, then segflow serve${fromDataDir ? ` --data ${fromDataDir}` : ''}`;
  if (course === 'complete') return [serve];
  if (hasSecret) return [serve, 'Set SEGFLOW_SECRET there to the same value as here.'];
  if (keys.includes('secret'))
    return [serve, `The secret${keys.includes('api-key') ? ' and the API key were' : ' was'} copied too.`];
  if (fromDataDir && toDataDir) {
    return [
      serve,
      `There is no secret in ${fromDataDir}: set SEGFLOW_SECRET to its value on the old server.`,
    ];
  }
  const where = fromDataDir
    ? `stays in ${fromDataDir}, for a server with that data folder`
    : 'is in the data folder that the old store was served with';
  return [
    serve,
    `The secret, without which the pushed environment cannot be read, ${where}. To serve it elsewhere, copy the files secret and api-key into ${toDataDir ?? 'the data folder there'} (mode 0600), or set SEGFLOW_SECRET and SEGFLOW_API_KEY to what is in them.`,
  ];
}
