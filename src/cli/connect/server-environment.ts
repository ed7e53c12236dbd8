import { SegflowError } from '../../core/errors.ts';
import { readDotenv } from './dotenv.ts';

type Environment = Record<string, string | undefined>;

/**
 * The environment a server runs with: the process's own, and Segflow's settings (SEGFLOW_*) of the `.env` in `folder`, so that
 * server and client agree when both run in a project's folder.
 *
 * Other variables of `.env` are left out even where the runtime has loaded them: they come with each push, and a stale copy
 * here would win over what is pushed later.
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
 * The database to use, as a flag or the environment names it; undefined: the embedded store. Throws `invalid_input` for a flag without
 * a value, as a shell makes of a variable that is not set: the embedded store would be the wrong one.
 */
export function databaseUrlOf(flag: string | undefined, environment: Environment): string | undefined {
  if (flag === '') {
    throw new SegflowError('invalid_input', '--database-url is empty', {
      hint: 'Write --database-url mysql://user:password@host:3306/database, or leave it out.',
    });
  }
  return flag || environment.SEGFLOW_DATABASE_URL || environment.DATABASE_URL || undefined;
}

/** Whether only this machine can reach an address of this name. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
