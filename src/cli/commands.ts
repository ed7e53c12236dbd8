import type { CommandDef } from 'citty';
import type { AnyCommand } from './command-line/about.ts';
import add from './commands/add.ts';
import backup from './commands/backup.ts';
import deployments from './commands/deployments.ts';
import emit from './commands/emit.ts';
import explain from './commands/explain.ts';
import init from './commands/init.ts';
import login from './commands/login.ts';
import messages from './commands/messages.ts';
import migrate from './commands/migrate.ts';
import pause from './commands/pause.ts';
import preview from './commands/preview.ts';
import push from './commands/push.ts';
import restore from './commands/restore.ts';
import resume from './commands/resume.ts';
import retry from './commands/retry.ts';
import rollback from './commands/rollback.ts';
import serve from './commands/serve.ts';
import simulate from './commands/simulate.ts';
import status from './commands/status.ts';
import transfer from './commands/transfer.ts';
import user from './commands/user.ts';

/*
 * Every command, in the order of the help text. These modules are loaded on every start, so they
 * hold only metadata and light code; heavy modules are imported inside `run`.
 */
const COMMANDS = {
  push,
  emit,
  add,
  init,
  serve,
  preview,
  simulate,
  status,
  user,
  explain,
  messages,
  deployments,
  rollback,
  pause,
  resume,
  retry,
  login,
  migrate,
  backup,
  restore,
  transfer,
};

export const commandNames: string[] = Object.keys(COMMANDS);

export const commands: AnyCommand[] = Object.values(COMMANDS);

export function findCommand(name: string): CommandDef | undefined {
  if (!Object.hasOwn(COMMANDS, name)) return undefined;
  // Commands with different arguments have no common type in citty; each command takes what
  // parseArguments returns for it.
  return COMMANDS[name as keyof typeof COMMANDS] as unknown as CommandDef;
}
