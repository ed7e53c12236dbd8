import { type AnyNode, type Function as FunctionNode, parse } from 'acorn';

/** A function, read from its own text. */
export interface ParsedFunction {
  node: FunctionNode;
  /** The difference between a node's place and its place in the text. */
  shift: number;
  /** Where its name, or its first parameter, begins in the text; otherwise the function's start. */
  nameAt: number;
}

/** Undefined for functions without their own text: native and bound functions, classes. */
export function parseFunction(code: unknown): ParsedFunction | undefined {
  if (typeof code !== 'function') return undefined;
  const text = Function.prototype.toString.call(code);
  // An expression, or a method when it is written as one: `*flow(ctx, rt) { … }`.
  return parsed(text, ['(', ')']) ?? parsed(text, ['({', '})']);
}

// --- internal ---

function parsed(text: string, [before, after]: [string, string]): ParsedFunction | undefined {
  const shift = before.length;
  const expression = expressionOf(before + text + after);
  const property = expression?.type === 'ObjectExpression' ? expression.properties[0] : undefined;
  const node = property?.type === 'Property' ? property.value : expression;
  if (node?.type !== 'FunctionExpression' && node?.type !== 'ArrowFunctionExpression') return undefined;
  const first = property?.type === 'Property' ? property.key : (node.id ?? node.params[0] ?? node);
  return { node, shift, nameAt: first.start - shift };
}

function expressionOf(text: string): AnyNode | undefined {
  try {
    const statement = parse(text, { ecmaVersion: 'latest', sourceType: 'module' }).body[0];
    return statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
  } catch {
    return undefined;
  }
}
