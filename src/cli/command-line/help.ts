import type { ArgDef } from 'citty';
import { paint } from '../print/output.ts';
import { type AnyCommand, aboutOf, argsOf } from './about.ts';
import { VERSION } from './version.ts';

/** Help of the whole program: every command with its usage, the attribute formats, examples. */
export function overview(commands: AnyCommand[]): string {
  const rows = commands.map(aboutOf).map(({ name, usage, description }): [string, string] => {
    return [`segflow ${name} ${usage}`.trimEnd(), description];
  });
  return [
    `segflow ${VERSION}: self-hosted marketing automation in code`,
    '',
    heading('Usage'),
    columns(rows),
    '',
    heading('Attribute formats'),
    `  1. Key-value pairs:    username='johndoe' email='john@example.com'`,
    `  2. JSON (with -j):     -j '{"username": "johndoe", "email": "john@example.com"}'`,
    '',
    heading('Examples'),
    '  segflow push',
    '  segflow emit login user123 timestamp=1625247600',
    `  segflow add user123 username='johndoe' email='john@example.com'`,
    '',
    heading('Everywhere'),
    columns([
      ['--help, -h', 'Help, of a command: segflow push --help'],
      ['--json', 'Results as JSON on stdout, errors as JSON on stderr'],
      ['--version', 'The version'],
    ]),
  ].join('\n');
}

/** Help of one command. */
export function commandHelp(command: AnyCommand): string {
  const { name, description, usage, examples, notes = [] } = aboutOf(command);
  const options: [string, string][] = [];
  for (const [key, arg] of Object.entries(argsOf(command))) {
    if (arg.type !== 'positional') options.push([flag(key, arg), described(arg)]);
  }
  options.push(['--help, -h', 'This text']);
  const parts = [
    description,
    `${heading('Usage')}\n  segflow ${name} ${usage}`.trimEnd(),
    `${heading('Options')}\n${columns(options)}`,
    ...notes,
    `${heading('Examples')}\n${examples.map((line) => `  ${line}`).join('\n')}`,
  ];
  return parts.join('\n\n');
}

function flag(key: string, arg: ArgDef): string {
  const alias = 'alias' in arg && typeof arg.alias === 'string' ? `, -${arg.alias}` : '';
  const value = arg.type === 'boolean' ? '' : ` ${(arg.valueHint ?? key).toUpperCase()}`;
  return `--${key}${alias}${value}`;
}

function described(arg: ArgDef): string {
  const shown = arg.type !== 'boolean' && arg.default !== undefined;
  return `${arg.description ?? ''}${shown ? ` (default ${arg.default})` : ''}`;
}

function heading(text: string): string {
  return paint('bold', `${text}:`);
}

function columns(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`.trimEnd()).join('\n');
}
