import type { Call } from '../ast.ts';
import type { PrintCall } from './printer.ts';

/** Entries that print every function of a list of names alike. */
export function entriesOf(names: string, print: PrintCall): [string, PrintCall][] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, print]);
}

/** The call under its own name. */
export function printCall({ name }: Call, args: string[]): string {
  return `${name}(${args.join(', ')})`;
}
