import { type AnyNode, type Function as FunctionNode, type Pattern, parse } from 'acorn';
import { full } from 'acorn-walk';

/** What a flow names by a literal. */
export interface FlowLiteral {
  /** `template`: in `rt.sendEmail('…')`; `segment`: in inSegment and waitForSegment; `campaign`: in startCampaign. */
  what: 'template' | 'segment' | 'campaign';
  id: string;
  /** Where the call begins in the text of the flow. */
  offset: number;
}

/**
 * The ids that a flow's own source names in calls of its second parameter, whatever that is called. What it computes, or names in
 * another function, is not seen.
 */
export function literalsInFlow(flow: FlowFunction): FlowLiteral[] {
  const found = new Map<string, FlowLiteral>();
  walk(flow, (inner, { methodOf, shift }) => {
    if (inner.type !== 'CallExpression') return;
    const what = NAMED_BY.get(methodOf(inner.callee) ?? '');
    const id = literal(inner.arguments[0]);
    const key = `${what} ${id}`;
    if (what && id !== undefined && !found.has(key))
      found.set(key, { what, id, offset: inner.start - shift });
  });
  return [...found.values()];
}

/** The methods of its second parameter that a flow calls for nothing: as statements, not yielded. With the first place of each. */
export function unyieldedInFlow(flow: FlowFunction): { method: string; offset: number }[] {
  const found = new Map<string, number>();
  walk(flow, (inner, { methodOf, shift }) => {
    if (inner.type !== 'ExpressionStatement' || inner.expression.type !== 'CallExpression') return;
    const method = methodOf(inner.expression.callee);
    if (method !== undefined && !found.has(method)) found.set(method, inner.start - shift);
  });
  return [...found].map(([method, offset]) => ({ method, offset }));
}

// --- internal ---

type FlowFunction = (...args: never[]) => unknown;
type MethodOf = (callee: AnyNode) => string | undefined;

/** `shift`: by how much a node's place exceeds that in the text of the flow. */
function walk(
  flow: FlowFunction,
  visit: (node: AnyNode, about: { methodOf: MethodOf; shift: number }) => void,
): void {
  const { node, shift } = functionOf(Function.prototype.toString.call(flow)) ?? {};
  const runtime = node?.params[1];
  if (!node || !runtime || shift === undefined) return;
  const methodOf = callee(runtime.type === 'AssignmentPattern' ? runtime.left : runtime);
  full(node.body, (inner) => visit(inner as AnyNode, { methodOf, shift }));
}

/** What the first argument of a method is the id of. */
const NAMED_BY: ReadonlyMap<string, FlowLiteral['what']> = new Map([
  ['sendEmail', 'template'],
  ['inSegment', 'segment'],
  ['waitForSegment', 'segment'],
  ['startCampaign', 'campaign'],
]);

/** A function's text is an expression, or a method when the flow is written as one: `*flow(ctx, rt) { … }`. */
function functionOf(source: string): { node: FunctionNode; shift: number } | undefined {
  for (const before of ['(', '({']) {
    try {
      const text = `${before}${source}${before === '(' ? ')' : '})'}`;
      const statement = parse(text, { ecmaVersion: 'latest', sourceType: 'module' }).body[0];
      const expression = statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
      const property = expression?.type === 'ObjectExpression' ? expression.properties[0] : undefined;
      const value = property?.type === 'Property' ? property.value : expression;
      if (value?.type === 'FunctionExpression' || value?.type === 'ArrowFunctionExpression')
        return { node: value, shift: before.length };
    } catch {
      // Not this form: native and bound functions have none.
    }
  }
  return undefined;
}

/** Finds the runtime's method that an expression names. */
function callee(runtime: Pattern): MethodOf {
  if (runtime.type === 'Identifier') {
    return (node) => {
      if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return undefined;
      if (node.object.name !== runtime.name) return undefined;
      return node.computed ? literal(node.property) : (node.property as { name?: string }).name;
    };
  }
  if (runtime.type !== 'ObjectPattern') return () => undefined;
  const methods = new Map<string, string>();
  for (const property of runtime.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') continue;
    if (property.value.type === 'Identifier') methods.set(property.value.name, property.key.name);
  }
  return (node) => (node.type === 'Identifier' ? methods.get(node.name) : undefined);
}

function literal(node: AnyNode | undefined): string | undefined {
  if (node?.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined;
  }
  return undefined;
}
