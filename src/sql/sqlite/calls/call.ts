import type { Call, Expr } from '../../ast.ts';
import { asInteger, asText } from '../convert.ts';
import type { Printing } from '../printing.ts';

/** How a function of MySQL is printed. */
export type PrintCall = (p: Printing, call: Call) => string;

/** A function that takes only texts. */
export function ofTexts(name: string): PrintCall {
  return (p, { args }) => `${name}(${args.map((arg) => asText(p, arg)).join(', ')})`;
}

/**
 * A function with text (`t`) and integer (`i`) arguments; the last letter covers all arguments that
 * follow.
 */
export function of(name: string, kinds: string): PrintCall {
  return (p, { args }) => {
    const list = args.map((arg, index) => argument(p, arg, kinds[index] ?? kinds.at(-1)!));
    return `${name}(${list.join(', ')})`;
  };
}

function argument(p: Printing, arg: Expr, kind: string): string {
  return kind === 'i' ? asInteger(p, arg) : asText(p, arg);
}
