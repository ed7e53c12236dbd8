import type { AnyNode, Expression, Identifier, Pattern, Program } from 'acorn';
import { full } from 'acorn-walk';

/**
 * The names of the environment variables that code reads: `process.env.X`, `Bun.env['X']`, `import.meta.env.X`, destructured, or
 * through a variable that holds one of these objects. Where the code uses the whole environment (hands it to a validation
 * schema, reads a name that it computes), every property name and string of it that looks like a variable's name counts as read.
 * NODE_ENV never does.
 * @param isOwn tells the project's own code from installed packages'.
 */
export function environmentNames(program: Program, isOwn: (node: AnyNode) => boolean): string[] {
  const reader = new EnvironmentReader(program);
  const names = new Set<string>();
  const constants = new Set<string>();
  const used = new Set<AnyNode>();
  const wholes: AnyNode[] = [];
  const rests = new Set<AnyNode>();
  const read = (name: string | undefined, node: AnyNode, whole: AnyNode) => {
    if (name === undefined) return;
    used.add(whole);
    if (isOwn(node)) names.add(name);
  };

  full(program, (node) => {
    if (reader.isEnvironment(node)) wholes.push(node);
    if (node.type === 'MemberExpression' && reader.isEnvironment(node.object)) {
      read(keyOf(node.property, node.computed), node, node.object);
    } else if (
      node.type === 'BinaryExpression' &&
      node.operator === 'in' &&
      reader.isEnvironment(node.right)
    ) {
      read(keyOf(node.left, true), node, node.right);
    } else if (node.type === 'Property' && !node.computed) {
      const name = keyOf(node.key, false);
      if (name !== undefined && CONSTANT.test(name) && isOwn(node)) constants.add(name);
    } else if (node.type === 'Literal' && typeof node.value === 'string') {
      if (CONSTANT.test(node.value) && isOwn(node)) constants.add(node.value);
    }
    for (const [pattern, value] of bindings(node)) {
      const target = reader.environmentPattern(pattern, value);
      if (!target) continue;
      used.add(target);
      if (target.type !== 'ObjectPattern') {
        used.add(value);
        continue;
      }
      for (const property of target.properties) {
        if (property.type === 'Property') read(keyOf(property.key, property.computed), property, value);
        else rests.add(value);
      }
    }
  });
  const escapes = wholes.some((node) => (!used.has(node) || rests.has(node)) && isOwn(node));
  for (const name of escapes ? constants : []) names.add(name);
  names.delete(SERVERS_OWN);
  return [...names].sort();
}

// --- internal ---

/**
 * Describes the machine that the code runs on. The server knows it; the pushing machine's value
 * would be wrong there.
 */
const SERVERS_OWN = 'NODE_ENV';
/** The usual form of an environment variable's name. */
const CONSTANT = /^[A-Z][A-Z0-9_]*$/;
const ENVIRONMENT_MODULES = new Set(['process', 'node:process', 'bun']);
const GLOBAL_OBJECTS = new Set(['globalThis', 'global']);

/** Knows which expressions of a program are an environment object. */
class EnvironmentReader {
  /** Local names of `process` and of the modules that have `env`. */
  readonly #holders = new Set(['process', 'Bun']);
  /** Variables that hold the environment. */
  readonly #aliases = new Set<string>();

  constructor(program: Program) {
    for (const statement of program.body) {
      if (statement.type !== 'ImportDeclaration') continue;
      if (!ENVIRONMENT_MODULES.has(String(statement.source.value))) continue;
      for (const specifier of statement.specifiers) {
        const named = specifier.type === 'ImportSpecifier' ? keyOf(specifier.imported, false) : undefined;
        if (named === 'env') this.#aliases.add(specifier.local.name);
        else if (named === undefined || named === 'default') this.#holders.add(specifier.local.name);
      }
    }
    let size: number;
    do {
      size = this.#aliases.size;
      full(program, (node) => {
        for (const [pattern, value] of bindings(node)) this.#learn(pattern, value);
      });
    } while (this.#aliases.size > size);
  }

  isEnvironment(node: AnyNode): boolean {
    if (node.type === 'ParenthesizedExpression' || node.type === 'ChainExpression') {
      return this.isEnvironment(node.expression);
    }
    if (node.type === 'LogicalExpression') return this.isEnvironment(node.left);
    if (node.type === 'Identifier') return this.#aliases.has(node.name);
    if (node.type !== 'MemberExpression' || keyOf(node.property, node.computed) !== 'env') return false;
    return node.object.type === 'MetaProperty' || this.#isHolder(node.object);
  }

  #isHolder(node: AnyNode): boolean {
    if (node.type === 'Identifier') return this.#holders.has(node.name);
    return (
      node.type === 'MemberExpression' &&
      node.object.type === 'Identifier' &&
      GLOBAL_OBJECTS.has(node.object.name) &&
      this.#holders.has(keyOf(node.property, node.computed) ?? '')
    );
  }

  /** The part of `pattern` that the environment is bound to when `value` is bound to the whole. */
  environmentPattern(pattern: Pattern, value: Expression): Pattern | undefined {
    if (this.isEnvironment(value)) return pattern;
    if (pattern.type !== 'ObjectPattern' || !this.#isHolder(value)) return undefined;
    for (const property of pattern.properties) {
      if (property.type !== 'Property' || keyOf(property.key, property.computed) !== 'env') continue;
      return property.value.type === 'AssignmentPattern' ? property.value.left : property.value;
    }
    return undefined;
  }

  #learn(pattern: Pattern, value: Expression): void {
    const target = this.environmentPattern(pattern, value);
    if (target?.type === 'Identifier') this.#aliases.add(target.name);
  }
}

/** What a node binds to what: declarations, assignments, defaults. */
function bindings(node: AnyNode): [Pattern, Expression][] {
  if (node.type === 'VariableDeclarator') return node.init ? [[node.id, node.init]] : [];
  if (node.type === 'AssignmentPattern') return [[node.left, node.right]];
  if (node.type === 'AssignmentExpression' && node.left.type !== 'MemberExpression') {
    return [[node.left as Identifier, node.right]];
  }
  return [];
}

function keyOf(node: AnyNode, computed: boolean): string | undefined {
  if (node.type === 'Identifier' && !computed) return node.name;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) {
    return node.quasis[0]?.value.cooked ?? undefined;
  }
  return undefined;
}
