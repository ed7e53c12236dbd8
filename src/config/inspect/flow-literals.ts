import type { AnyNode, Pattern } from 'acorn';
import { full } from 'acorn-walk';
import { parseFunction } from '../source/function-text.ts';

/** An id that a flow names with a literal. */
export interface FlowLiteral {
  /** `template`: in `rt.sendEmail('…')`; `segment`: in inSegment and waitForSegment; `campaign`: in startCampaign. */
  what: 'template' | 'segment' | 'campaign';
  id: string;
  /** Where the call begins in the text of the flow. */
  offset: number;
}

/**
 * The ids that a flow's own source names in calls of its second parameter, under any name. Computed
 * ids, and ids in other functions, are not found.
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

/**
 * The methods of its second parameter that a flow calls as statements instead of yielding them,
 * each with its first place.
 */
export function unyieldedInFlow(flow: FlowFunction): { method: string; offset: number }[] {
  const found = new Map<string, number>();
  walk(flow, (inner, { methodOf, shift }) => {
    if (inner.type !== 'ExpressionStatement' || inner.expression.type !== 'CallExpression') return;
    const method = methodOf(inner.expression.callee);
    if (method !== undefined && !found.has(method)) found.set(method, inner.start - shift);
  });
  return [...found].map(([method, offset]) => ({ method, offset }));
}

/** The events that a flow waits for, as far as its own source names them. */
export function eventsInFlow(flow: FlowFunction): string[] {
  const found = new Set<string>();
  walk(flow, (inner, { methodOf }) => {
    if (inner.type !== 'CallExpression' || methodOf(inner.callee) !== 'waitForEvent') return;
    const name = literal(inner.arguments[0]);
    if (name !== undefined) found.add(name);
  });
  return [...found];
}

// --- internal ---

type FlowFunction = (...args: never[]) => unknown;
type MethodOf = (callee: AnyNode) => string | undefined;

/** `shift`: the difference between a node's place and its place in the flow's text. */
function walk(
  flow: FlowFunction,
  visit: (node: AnyNode, about: { methodOf: MethodOf; shift: number }) => void,
): void {
  const { node, shift } = parseFunction(flow) ?? {};
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
