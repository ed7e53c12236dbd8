import { parseArgs } from 'node:util';
import type { ArgDef } from 'citty';
import { closest } from '../../core/closest.ts';
import { SegflowError } from '../../core/errors.ts';
import { type AnyCommand, aboutOf, argsOf } from './about.ts';

/** Keyed by the names that the command declares; `_` holds every positional argument. */
export type ArgumentValues = { _: string[] } & Record<string, string | boolean | string[]>;

type Option = { type: 'boolean' | 'string'; short?: string };

/**
 * The values of a command's flags and positional arguments; `_` holds all positional ones. Throws
 * `invalid_input` for an unknown flag, a flag without its value, and a missing or surplus
 * positional argument. citty only declares the commands; its own parser accepts all of these.
 */
export function parseArguments(command: AnyCommand, rawArgs: string[]): ArgumentValues {
  const { name, usage, variadic } = aboutOf(command);
  const definitions = argsOf(command);
  const hint = `Usage: segflow ${name} ${usage}`.trimEnd();
  const options = optionsOf(definitions);
  const { tokens, positionals } = parseArgs({
    args: rawArgs,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const args: ArgumentValues = { _: positionals };
  for (const [key, { default: value }] of Object.entries(definitions)) {
    if (value !== undefined) args[key] = value;
  }
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    const negated = token.name.startsWith('no-') ? options[token.name.slice(3)] : undefined;
    if (!option && negated?.type === 'boolean') {
      args[token.name.slice(3)] = false;
      continue;
    }
    if (!option) {
      const guess = closest(token.name, Object.keys(options));
      throw new SegflowError('invalid_input', `segflow ${name} has no flag ${token.rawName}`, {
        hint: guess ? `Did you mean --${guess}?` : hint,
      });
    }
    // A value may start with a dash only when written --flag=-value, so that a forgotten value does
    // not swallow the next flag. An empty value is refused too: it comes from an unset shell
    // variable, and would mean "all".
    const missing =
      !token.value || (!token.inlineValue && token.value.startsWith('-') && token.value !== '-');
    if (option.type === 'string' && missing) {
      throw new SegflowError('invalid_input', `${token.rawName} needs a value`, { hint });
    }
    if (option.type === 'boolean' && token.inlineValue && !/^(true|false)$/.test(token.value)) {
      throw new SegflowError('invalid_input', `${token.rawName} is a switch, it takes no value`, { hint });
    }
    args[token.name] = option.type === 'boolean' ? token.value !== 'false' : token.value!;
  }

  const named = Object.entries(definitions).filter(([, arg]) => arg.type === 'positional');
  for (const [index, [key, arg]] of named.entries()) {
    if (arg.required !== false && !positionals[index]) {
      throw new SegflowError('invalid_input', `segflow ${name} needs <${key}>`, { hint });
    }
    if (positionals[index] === '') {
      throw new SegflowError('invalid_input', `the [${key}] of segflow ${name} is empty`, { hint });
    }
    if (positionals[index] !== undefined) args[key] = positionals[index];
  }
  if (!variadic && positionals.length > named.length) {
    const surplus = positionals.slice(named.length).join(' ');
    throw new SegflowError('invalid_input', `segflow ${name} does not take "${surplus}"`, { hint });
  }
  return args;
}

// --- internal ---

function optionsOf(definitions: Record<string, ArgDef>): Record<string, Option> {
  const options: Record<string, Option> = {};
  for (const [key, arg] of Object.entries(definitions)) {
    if (arg.type === 'positional') continue;
    const alias = 'alias' in arg && typeof arg.alias === 'string' ? arg.alias : undefined;
    options[key] = {
      type: arg.type === 'boolean' ? 'boolean' : 'string',
      ...(alias?.length === 1 ? { short: alias } : {}),
    };
  }
  return options;
}
