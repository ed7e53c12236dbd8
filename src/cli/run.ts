import type { ParsedArgs } from 'citty';
import { closest } from '../core/closest.ts';
import { SegflowError } from '../core/errors.ts';
import { parseArguments } from './command-line/arguments.ts';
import { commandHelp, overview } from './command-line/help.ts';
import { VERSION } from './command-line/version.ts';
import { commandNames, commands, findCommand } from './commands.ts';
import { print } from './print/output.ts';

/** Runs one command line and exits the process; nothing else in the program exits. */
export async function runCommandLine(argv: string[]): Promise<never> {
  const json = flagsOf(argv).includes('--json');
  try {
    await dispatch(argv);
    process.exit(0);
  } catch (error) {
    // `segflow messages | head` is not a failure: the reader has what it wanted.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
    const { report } = await import('./print/report.ts');
    process.exit(await report(error, json).catch(() => 1));
  }
}

async function dispatch(argv: string[]): Promise<void> {
  const [name, ...rawArgs] = argv;
  const helpWanted = flagsOf(argv).some((arg) => arg === '--help' || arg === '-h');
  if (name === '--version' || name === '-v' || name === 'version') return print(VERSION);
  if (name === 'help' && rawArgs[0]) return print(commandHelp(commandNamed(rawArgs[0])));
  if (name === undefined || name === 'help' || (name.startsWith('-') && helpWanted)) {
    return print(overview(commands));
  }
  const command = commandNamed(name);
  if (helpWanted) return print(commandHelp(command));
  // citty cannot know the names, so ParsedArgs of an arbitrary command has no fields.
  const args = parseArguments(command, rawArgs) as ParsedArgs;
  await command.run?.({ rawArgs, args, cmd: command });
}

function commandNamed(name: string) {
  const command = findCommand(name);
  if (command) return command;
  if (name.startsWith('-')) {
    throw new SegflowError('invalid_input', `expected a command before ${name}`, {
      hint: 'Flags come after the command: segflow status --json. See segflow --help.',
    });
  }
  const guess = closest(name, commandNames);
  throw new SegflowError('invalid_input', `segflow has no command "${name}"`, {
    hint: guess
      ? `Did you mean segflow ${guess}?`
      : `The commands are ${commandNames.join(', ')}. See segflow --help.`,
  });
}

/** The arguments that can be flags: those before a bare `--`. */
function flagsOf(argv: string[]): string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}
