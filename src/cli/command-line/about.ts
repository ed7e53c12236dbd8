import type { ArgsDef, CommandDef, CommandMeta } from 'citty';

/** What help shows of a command, besides its arguments. */
export interface About extends CommandMeta {
  name: string;
  description: string;
  /** What follows the name on the usage line: `<event> <user-id> [attributes]`. */
  usage: string;
  examples: string[];
  /** Paragraphs shown after the options. */
  notes?: string[];
  /** The command takes more positional arguments than it names. */
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

/** What all commands have in common: citty's CommandDef is invariant in its arguments. */
export type AnyCommand = Pick<CommandDef, 'meta' | 'args'>;
