import { readFileSync } from 'node:fs';
import type { PoolOptions, SslOptions } from 'mysql2';
import { closest } from '../../core/closest.ts';
import { messageOf, SegflowError } from '../../core/errors.ts';

/** A parsed database URL. `shown` names the database to people, without the password. */
export interface Database {
  connect: Pick<PoolOptions, 'host' | 'port' | 'socketPath' | 'user' | 'password' | 'ssl'> & {
    database: string;
  };
  /** The maximum number of connections for writing, and the same number again for reading. */
  connections: number;
  shown: string;
}

/**
 * Parses `mysql://user:password@host:port/database?options`. The options: `ssl` (see SSL_MODES),
 * `sslca`, `sslcert`, `sslkey` (PEM files), `socketPath`, `connections`. Throws `invalid_input`
 * with the reason; no message contains the password.
 */
export function parseDatabaseUrl(text: string): Database {
  const url = readUrl(text);
  const database = decode(url.pathname.slice(1), 'database');
  if (database === '') throw refuse('the database URL names no database');
  if (database.includes('/'))
    throw refuse(`the database URL names a database "${database}", with a "/" in it`);
  for (const name of url.searchParams.keys()) {
    if (!OPTIONS.includes(name)) {
      const near = closest(name, OPTIONS);
      throw refuse(
        `the database URL has an unknown option "${name}"${near ? `; did you mean "${near}"?` : ''}`,
        `The options are ${OPTIONS.join(', ')}.`,
      );
    }
  }
  const option = (name: string) => url.searchParams.get(name) ?? undefined;
  const socketPath = option('socketPath');
  const host = url.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  const port = url.port === '' ? 3306 : Number(url.port);
  const user = decode(url.username, 'user');
  const ssl = tls(option);
  return {
    connect: {
      ...(socketPath === undefined ? { host, port } : { socketPath }),
      ...(user === '' ? {} : { user }),
      ...(url.password === '' ? {} : { password: decode(url.password, 'password') }),
      ...(ssl ? { ssl } : {}),
      database,
    },
    connections: connections(option('connections')),
    shown: `mysql://${socketPath ?? `${url.hostname || 'localhost'}:${port}`}/${database}`,
  };
}

const OPTIONS = ['ssl', 'sslca', 'sslcert', 'sslkey', 'socketPath', 'connections'];
const DEFAULT_CONNECTIONS = 8;
const EXAMPLE = 'Write mysql://user:password@host:3306/database; encode special characters (@ is %40).';

/**
 * How far the server's certificate is checked: not at all, its signer, or its signer and the host
 * name.
 */
const SSL_MODES: Record<string, SslOptions | undefined> = {
  false: undefined,
  disabled: undefined,
  required: { rejectUnauthorized: false },
  'verify-ca': { rejectUnauthorized: true, verifyIdentity: false },
  'verify-identity': { rejectUnauthorized: true, verifyIdentity: true },
  true: { rejectUnauthorized: true, verifyIdentity: true },
};

function readUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new SegflowError('invalid_input', 'the database URL is not a URL', { hint: EXAMPLE, cause: error });
  }
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw refuse(
      `the database URL begins with "${url.protocol}//"`,
      'Segflow runs on MySQL and MariaDB (mysql://…), or, without a URL, on its embedded store.',
    );
  }
  return url;
}

function tls(option: (name: string) => string | undefined): SslOptions | undefined {
  const mode = option('ssl');
  const files = { ca: option('sslca'), cert: option('sslcert'), key: option('sslkey') };
  const given = Object.values(files).some((file) => file !== undefined);
  if (mode === undefined && !given) return undefined;
  const name = mode ?? 'true';
  if (!Object.hasOwn(SSL_MODES, name)) {
    throw refuse(`the database URL's ssl is "${name}"`, `It is one of ${Object.keys(SSL_MODES).join(', ')}.`);
  }
  const base = SSL_MODES[name];
  if (!base) return undefined;
  const read = Object.entries(files).flatMap(([key, path]) => (path === undefined ? [] : [[key, pem(path)]]));
  return { ...base, ...Object.fromEntries(read) };
}

function pem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw refuse(
      `the file ${path} of the database URL cannot be read: ${messageOf(error)}`,
      'sslca, sslcert and sslkey are paths of PEM files on this machine.',
    );
  }
}

function connections(text: string | undefined): number {
  if (text === undefined) return DEFAULT_CONNECTIONS;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw refuse(`the database URL's connections is "${text}"`, 'It is a number from 1 to 1000.');
  }
  return count;
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(`the ${what} in the database URL is not encoded correctly`);
  }
}

function refuse(message: string, hint = EXAMPLE): SegflowError {
  return new SegflowError('invalid_input', message, { hint });
}
