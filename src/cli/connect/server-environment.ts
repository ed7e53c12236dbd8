import { SegflowError } from '../../core/errors.ts';
import { readDotenv } from './dotenv.ts';

type Environment = Record<string, string | undefined>;

/**
 * The environment that a server runs with: the process's own, plus Segflow's settings (SEGFLOW_*)
 * from the `.env` in `folder`, so that server and client agree when both run in a project's folder.
 *
 * Other variables of `.env` are left out even if the runtime has loaded them. They come with each
 * push, and a stale copy here would override the values of later pushes.
 */
export async function serverEnvironment(folder: string, own: Environment): Promise<Environment> {
  const dotenv = await readDotenv(folder, own);
  const environment = { ...own };
  for (const [name, value] of Object.entries(dotenv)) {
    if (name.startsWith('SEGFLOW_')) environment[name] ||= value;
    else if (environment[name] === value) delete environment[name];
  }
  return environment;
}

/**
 * The database URL from the flag or the environment, or undefined for the embedded store. Throws
 * `invalid_input` for an empty flag, which an unset shell variable produces: using the embedded
 * store would be wrong.
 */
export function databaseUrlOf(flag: string | undefined, environment: Environment): string | undefined {
  if (flag === '') {
    throw new SegflowError('invalid_input', '--database-url is empty', {
      hint: 'Write --database-url mysql://user:password@host:3306/database, or leave it out.',
    });
  }
  return flag || environment.SEGFLOW_DATABASE_URL || environment.DATABASE_URL || undefined;
}

/** Whether only this machine can reach an address with this name. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
