import { defineCommand } from 'citty';
import type { ServerSummary } from '../../app.ts';
import { about } from '../command-line/about.ts';
import { portOf } from '../command-line/port.ts';
import { untilSignal } from '../command-line/signals.ts';
import { VERSION } from '../command-line/version.ts';
import { databaseUrlOf, isLoopback, serverEnvironment } from '../connect/server-environment.ts';
import { print, printJson, terminalLog } from '../print/output.ts';
import { localTime } from '../print/table.ts';

export default defineCommand({
  meta: about({
    name: 'serve',
    usage: '',
    description: 'Run the server: API, scheduler, mailer',
    notes: [
      [
        'Environment:',
        '  SEGFLOW_API_KEY   The key that clients must send. If unset, the first start creates one and keeps it in the data folder.',
        '  SEGFLOW_SECRET    Encrypts the pushed environment. If unset, the first start creates one and keeps it in the data folder.',
        '  DATABASE_URL      A MySQL or MariaDB database, as mysql://user:password@host:3306/database; options: ?ssl=true (or required,',
        '                    verify-ca), sslca=FILE, socketPath=PATH, connections=N. Servers that share one need the same SEGFLOW_SECRET.',
        '  SEGFLOW_DATABASE_URL   The same, with precedence. In .env only this one counts: DATABASE_URL there is your own.',
        '  SEGFLOW_PORT (or PORT), SEGFLOW_HOST, SEGFLOW_DATA, SEGFLOW_OUTBOX   The same as the flags; the flags have precedence.',
        '',
        'SIGTERM or SIGINT finishes what is in flight and exits; a second one exits at once.',
      ].join('\n'),
    ],
    examples: [
      'segflow serve',
      'segflow serve --outbox outbox                  # try any config: mail goes to files',
      'segflow serve --host 0.0.0.0 --port 8080 --data /var/lib/segflow',
      'DATABASE_URL=mysql://segflow:password@db.example.com/segflow segflow serve',
      'segflow serve --print-unit > /etc/systemd/system/segflow.service',
    ],
  }),
  args: {
    port: {
      type: 'string',
      valueHint: 'n',
      description: 'Port to listen on (default 3000); 0 takes a free one',
    },
    host: { type: 'string', valueHint: 'address', description: 'Address to listen on (default 127.0.0.1)' },
    data: {
      type: 'string',
      valueHint: 'dir',
      description: 'Folder of the database and the keys (default .segflow)',
    },
    outbox: {
      type: 'string',
      valueHint: 'dir',
      description: 'Write every email to this folder instead of sending it',
    },
    'database-url': {
      type: 'string',
      valueHint: 'url',
      description: 'MySQL or MariaDB database to use: mysql://user:password@host:3306/database',
    },
    'no-migrate': {
      type: 'boolean',
      description: 'Do not migrate the database; refuse to start when its schema is out of date',
    },
    force: {
      type: 'boolean',
      description: 'Serve data that segflow transfer has moved elsewhere, or a store that lost files',
    },
    'new-secret': {
      type: 'boolean',
      description:
        'Serve data whose secret is lost: discard the encrypted values, and pause everything until you push',
    },
    'print-unit': { type: 'boolean', description: 'Print a systemd unit instead' },
    json: { type: 'boolean', description: 'Print the ready line as JSON' },
  },
  async run({ args }) {
    if (args['print-unit']) return print((await import('../project/unit.ts')).UNIT);
    const environment = await serverEnvironment(process.cwd(), process.env);
    const host = args.host || environment.SEGFLOW_HOST || '127.0.0.1';
    const dataDir = args.data || environment.SEGFLOW_DATA || '.segflow';
    const log = await terminalLog();
    const stopped = untilSignal();
    const { startServer } = await import('../../app.ts');
    await using server = await startServer({
      port: portOf(args.port || environment.SEGFLOW_PORT || environment.PORT || '3000'),
      host,
      dataDir,
      outbox: args.outbox || environment.SEGFLOW_OUTBOX || undefined,
      databaseUrl: databaseUrlOf(args['database-url'], environment),
      noMigrate: args['no-migrate'],
      environment,
      force: args.force,
      newSecret: args['new-secret'],
      version: VERSION,
      log: {
        info: (message) => log.info(message),
        warn: (message) => log.warn(message),
        error: (message, cause) => (cause === undefined ? log.error(message) : log.error(message, cause)),
      },
    });
    const { value, isNew } = server.apiKey;
    if (!isLoopback(host)) {
      log.warn(
        `Listening on ${host}, which other machines may reach: put a TLS proxy in front, and keep the API key secret.`,
      );
    }
    if (args.json) {
      const ready = { url: server.url, pid: process.pid, ...(isNew ? { apiKey: value } : {}) };
      await printJson({ ...ready, ...server.inForce });
    } else {
      if (isNew) await print(`API key, shown only now: ${value}`);
      await print(`Segflow ${VERSION} is ready at ${server.url}\n${inForceText(server.inForce)}`);
    }
    log.info(`${await stopped}: finishing what is in flight`);
  },
});

// --- internal ---

function inForceText({ store, place, deployment, outbox, restored }: ServerSummary): string {
  const local = (ms: number) => localTime(new Date(ms).toISOString());
  const since = deployment && local(deployment.activatedAt);
  const lines = [
    `  store          ${store}, ${place}`,
    `  configuration  ${deployment ? `deployment ${deployment.id}, since ${since}` : 'none yet: run segflow push'}`,
  ];
  if (restored) {
    const { backedUpAt, askUntil } = restored;
    const asked = 'the mail provider is asked about each message before it is sent';
    lines.push(`  restored       backup of ${local(backedUpAt)}: until ${local(askUntil)} ${asked}`);
  }
  if (outbox !== null) lines.push(`  mail           to files in ${outbox}: nothing is sent`);
  return lines.join('\n');
}
