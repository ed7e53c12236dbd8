import { type AnyNode, type Function as FunctionNode, type Pattern, parse } from 'acorn';
import { full } from 'acorn-walk';

/**
 * The ids of templates that a flow's own source names in `rt.sendEmail('…')`, whatever its second parameter is called. What it
 * computes, or sends from another function, is not seen.
 */
export function templatesInFlow(flow: (...args: never[]) => unknown): string[] {
  const node = functionOf(Function.prototype.toString.call(flow));
  const runtime = node?.params[1];
  if (!node || !runtime) return [];
  const isSendEmail = callee(runtime.type === 'AssignmentPattern' ? runtime.left : runtime);
  const ids = new Set<string>();
  full(node.body, (inner) => {
    if (inner.type !== 'CallExpression' || !isSendEmail(inner.callee)) return;
    const id = literal(inner.arguments[0]);
    if (id !== undefined) ids.add(id);
  });
  return [...ids];
}

// --- internal ---

/** A function's text is an expression, or a method when the flow is written as one: `*flow(ctx, rt) { … }`. */
function functionOf(source: string): FunctionNode | undefined {
  for (const text of [`(${source})`, `({${source}})`]) {
    try {
      const statement = parse(text, { ecmaVersion: 'latest', sourceType: 'module' }).body[0];
      const expression = statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
      const property = expression?.type === 'ObjectExpression' ? expression.properties[0] : undefined;
      const value = property?.type === 'Property' ? property.value : expression;
      if (value?.type === 'FunctionExpression' || value?.type === 'ArrowFunctionExpression') return value;
    } catch {
      // Not this form: native and bound functions have none.
    }
  }
  return undefined;
}

function callee(runtime: Pattern): (node: AnyNode) => boolean {
  if (runtime.type === 'Identifier') {
    return (node) =>
      node.type === 'MemberExpression' &&
      node.object.type === 'Identifier' &&
      node.object.name === runtime.name &&
      (node.computed ? literal(node.property) : (node.property as { name?: string }).name) === 'sendEmail';
  }
  if (runtime.type !== 'ObjectPattern') return () => false;
  const names = runtime.properties.flatMap((property) =>
    property.type === 'Property' &&
    property.key.type === 'Identifier' &&
    property.key.name === 'sendEmail' &&
    property.value.type === 'Identifier'
      ? [property.value.name]
      : [],
  );
  return (node) => node.type === 'Identifier' && names.includes(node.name);
}

function literal(node: AnyNode | undefined): string | undefined {
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined;
  }
  return undefined;
}
