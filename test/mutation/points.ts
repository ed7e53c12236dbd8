import { parse } from '@babel/parser';

/** One change of a source file that a good test suite notices. */
export interface Point {
  path: string;
  /** Of the changed text, from 1. */
  line: number;
  column: number;
  /** What kind of change it is: `comparison`, `negation`, `statement`, … */
  kind: Kind;
  /** Offsets of the text that is replaced. */
  start: number;
  end: number;
  original: string;
  replacement: string;
}

export type Kind =
  | 'comparison'
  | 'arithmetic'
  | 'logic'
  | 'negation'
  | 'condition'
  | 'statement'
  | 'constant'
  | 'returned value'
  | 'method';

/** Every mutation point of a TypeScript source, in the order of the text. Types, imports and texts are left alone. */
export function findPoints(text: string, path: string): Point[] {
  const points: Point[] = [];
  const add = (kind: Kind, at: { start: number; end: number }, replacement: string) => {
    const before = text.slice(0, at.start);
    points.push({
      path,
      line: before.split('\n').length,
      column: at.start - before.lastIndexOf('\n'),
      kind,
      start: at.start,
      end: at.end,
      original: text.slice(at.start, at.end),
      replacement,
    });
  };
  const source = (node: Node) => text.slice(node.start, node.end);
  const plugins: ('typescript' | 'jsx')[] = path.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'];
  walk(parse(text, { sourceType: 'module', plugins }).program as unknown as Node, (node) =>
    change(node, { add, source, text }),
  );
  return points.sort((a, b) => a.start - b.start || a.kind.localeCompare(b.kind));
}

/** The text with one point changed. */
export function mutated(text: string, { start, end, replacement }: Point): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

// --- internal ---

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

interface Change {
  add(kind: Kind, at: { start: number; end: number }, replacement: string): void;
  source(node: Node): string;
  text: string;
}

const OPERATORS: Record<string, [Kind, string]> = {
  '<': ['comparison', '<='],
  '<=': ['comparison', '<'],
  '>': ['comparison', '>='],
  '>=': ['comparison', '>'],
  '===': ['comparison', '!=='],
  '!==': ['comparison', '==='],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '%': ['arithmetic', '*'],
  '+': ['arithmetic', '-'],
  '&&': ['logic', '||'],
  '||': ['logic', '&&'],
  '??': ['logic', '&&'],
};

const METHODS: Record<string, string> = {
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
  flatMap: 'map',
  unshift: 'push',
  push: 'unshift',
};

/** What is removed as a whole. A declaration is needed by what follows it. */
const REMOVED = new Set(['CallExpression', 'AwaitExpression', 'AssignmentExpression', 'UpdateExpression']);

const COMPARISON = /^[<>=!]/;

function change(node: Node, to: Change): unknown {
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return changeOperator(node, to);
    case 'UnaryExpression':
      return node.operator === '!' && to.add('negation', node, to.source(node.argument as Node));
    case 'IfStatement':
    case 'ConditionalExpression':
      return changeTest(node.test as Node, to);
    case 'ExpressionStatement':
      return REMOVED.has((node.expression as Node).type) && to.add('statement', node, ';');
    case 'ThrowStatement':
    case 'ContinueStatement':
    case 'BreakStatement':
      return to.add('statement', node, ';');
    case 'ReturnStatement': {
      const argument = node.argument as Node | null;
      if (argument === null) return to.add('statement', node, ';');
      return !isNothing(argument) && to.add('returned value', argument, 'undefined as never');
    }
    case 'ArrowFunctionExpression': {
      const body = node.body as Node;
      const isChanged = body.type !== 'BlockStatement' && !isNothing(body) && !isLiteral(body);
      return isChanged && to.add('returned value', body, 'undefined as never');
    }
    case 'NumericLiteral': {
      const value = Number(node.value);
      // The largest have no next one.
      return value + 1 !== value && to.add('constant', node, String(value + 1));
    }
    case 'BooleanLiteral':
      return to.add('constant', node, String(!node.value));
    case 'MemberExpression': {
      const property = node.property as Node;
      const other = lookUp(METHODS, String(property.name));
      return !node.computed && other !== undefined && to.add('method', property, other);
    }
    default:
      return undefined;
  }
}

function changeOperator(node: Node, { add, text }: Change): void {
  const operator = String(node.operator);
  const [kind, replacement] = lookUp(OPERATORS, operator) ?? [];
  const left = node.left as Node;
  const right = node.right as Node;
  if (!kind || !replacement) return;
  if (operator === '+' && [left, right].some((it) => /String|Template/.test(it.type))) return;
  const start = text.indexOf(operator, endOf(left, text));
  // In brackets: `&&` and `??` do not mix without.
  if (kind === 'logic') {
    add(
      kind,
      node,
      `((${text.slice(left.start, left.end)}) ${replacement} (${text.slice(right.start, right.end)}))`,
    );
  } else add(kind, { start, end: start + operator.length }, replacement);
}

/** Where what stands behind an operand begins: brackets around it are not part of it. */
function endOf(node: Node, text: string): number {
  let at = node.end;
  while (/[\s)]/.test(text[at] ?? '')) at++;
  return at;
}

/** A test that is a comparison, a negation or a combination is changed there. */
function changeTest(test: Node, { add, source }: Change): void {
  const isChanged =
    test.type === 'LogicalExpression' ||
    (test.type === 'UnaryExpression' && test.operator === '!') ||
    (test.type === 'BinaryExpression' && COMPARISON.test(String(test.operator)));
  if (!isChanged) add('condition', test, `!(${source(test)})`);
}

function isNothing(node: Node): boolean {
  return (node.type === 'Identifier' && node.name === 'undefined') || node.type === 'NullLiteral';
}

function isLiteral(node: Node): boolean {
  return node.type === 'NumericLiteral' || node.type === 'BooleanLiteral';
}

/** Visits every node but those of types, imports and decorators. */
function walk(node: Node, visit: (node: Node) => void): void {
  if (/^(TS(?!AsExpression|NonNull|Satisfies)|Import|ExportAll|Decorator)/.test(node.type)) return;
  visit(node);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'loc' || key === 'extra' || key.endsWith('Comments')) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && typeof (child as Node).type === 'string') {
        walk(child as Node, visit);
      }
    }
  }
}

/** Only the table's own entries: every object also has a `toString`. */
function lookUp<T>(table: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
