import type { ArgsDef, CommandDef, CommandMeta } from 'citty';

/** What help shows about a command, besides its arguments. */
export interface About extends CommandMeta {
  name: string;
  description: string;
  /** The usage line after the command's name: `<event> <user-id> [attributes]`. */
  usage: string;
  examples: string[];
  /** Paragraphs shown after the options. */
  notes?: string[];
  /** The command takes more positional arguments than it declares. */
  variadic?: boolean;
}

/** `meta` of a command; citty's own type knows only name and description. */
export function about(text: About): CommandMeta {
  return text;
}

export function aboutOf(command: AnyCommand): About {
  return command.meta as About;
}

export function argsOf(command: AnyCommand): ArgsDef {
  return (command.args ?? {}) as ArgsDef;
}

/** The common type of all commands: citty's CommandDef is invariant in its arguments. */
export type AnyCommand = Pick<CommandDef, 'meta' | 'args'>;
