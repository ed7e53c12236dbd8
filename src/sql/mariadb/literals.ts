import type { Expr } from '../ast.ts';

/** A text as a literal. The session has no NO_BACKSLASH_ESCAPES. */
export function quote(text: string): string {
  return `'${text.replace(/[\0\n\r\\']/g, (character) => ESCAPES[character]!)}'`;
}

const ESCAPES: Record<string, string> = { '\0': '\\0', '\n': '\\n', '\r': '\\r', '\\': '\\\\', "'": "\\'" };

/** A name in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export type Constant =
  | { kind: 'null' }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'text'; value: string }
  /** The number as it is written. */
  | { kind: 'number'; text: string };

/** The value of a literal or a parameter; undefined for other expressions. */
export function constantOf(expr: Expr): Constant | undefined {
  switch (expr.kind) {
    case 'null':
      return { kind: 'null' };
    case 'boolean':
      return { kind: 'boolean', value: expr.value };
    case 'string':
      return { kind: 'text', value: expr.value };
    case 'number':
      return { kind: 'number', text: expr.text };
    case 'unary': {
      if (expr.op !== '-') return undefined;
      const inner = constantOf(expr.operand);
      return inner?.kind === 'number' && !inner.text.startsWith('-')
        ? { kind: 'number', text: `-${inner.text}` }
        : undefined;
    }
    case 'param': {
      const { value } = expr;
      if (value === null) return { kind: 'null' };
      if (typeof value === 'boolean') return { kind: 'boolean', value };
      return typeof value === 'string' ? { kind: 'text', value } : { kind: 'number', text: String(value) };
    }
    default:
      return undefined;
  }
}

export function textOf(expr: Expr | undefined): string | undefined {
  const constant = expr && constantOf(expr);
  return constant?.kind === 'text' ? constant.value : undefined;
}
