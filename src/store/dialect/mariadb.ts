import { SegflowError } from '../../core/errors.ts';
import { foldArrows, type JsonReading } from './json-arrows.ts';
import { type JsonDialect, rewriteJsonComparisons } from './json-comparisons.ts';
import { isJsonText, type Params } from './operands.ts';
import { refuseRawJson } from './raw-json.ts';
import { template } from './template.ts';
import { call, isWord, type JsonAccess, type Node, splitCommas, string, word } from './tree.ts';

const STORE = 'MariaDB';

/** A SELECT written for MySQL as the one that MariaDB answers alike. Throws `store_unsupported`, `invalid_config`. */
export function rewriteForMariadb(items: Node[], params: Params, inCall?: string): Node[] {
  let list = items.map((item) => descend(item, params));
  list = foldArrows(list, inMariadb);
  list = list.map((item) => (item.kind === 'call' ? rewriteCall(item, params) : item));
  list = rewriteJsonComparisons(list, params, mariadbJson);
  refuseRawJson(list, STORE, inCall);
  if (inCall === 'max' || inCall === 'min') refuseExtremes(list);
  if (list.some((item) => isWord(item, 'lateral'))) {
    throw unsupported('LATERAL', 'it has no lateral joins; use a subquery');
  }
  return list.map((item) => (item.kind === 'json' ? printed(item) : item));
}

function descend(node: Node, params: Params): Node {
  switch (node.kind) {
    case 'group':
    case 'run':
      return { ...node, items: rewriteForMariadb(node.items, params) };
    case 'call': {
      // JSON that is unquoted or cast is looked at here, not refused below.
      const args = node.name === 'cast' ? castArguments(node.args, params) : node.args;
      return { ...node, args: rewriteForMariadb(args, params, node.name) };
    }
    default:
      return node;
  }
}

/** MariaDB has no `->`, `->>`, MEMBER OF and JSON type; MySQL defines the first two by functions that both have. */
const inMariadb: JsonReading = {
  access: (doc, path, unquotes) => ({ kind: 'json', unquotes, doc, path }),
  memberOf: (value, list) => call('json_contains', list, [asJson(value)]),
  call: (node) => accessOf(node) ?? node,
};

function accessOf({ name, args }: Node & { kind: 'call' }): JsonAccess | undefined {
  const list = splitCommas(args);
  const [doc, path] = list;
  if (
    name === 'json_extract' &&
    list.length === 2 &&
    doc?.length === 1 &&
    path?.length === 1 &&
    path[0]!.kind === 'string'
  ) {
    return { kind: 'json', unquotes: false, doc: doc[0]!, path: path[0]! };
  }
  const as = args.findLastIndex((arg) => isWord(arg, 'as'));
  if (name === 'cast' && as > 0 && isWord(args[as + 1], 'json')) {
    const value: Node = as === 1 ? args[0]! : { kind: 'group', items: args.slice(0, as) };
    return { kind: 'json', unquotes: false, doc: value, path: string('$') };
  }
  return undefined;
}

function asJson(value: Node): Node {
  if (value.kind === 'json') return value;
  return value.kind === 'number' || isWord(value, 'true', 'false')
    ? string('value' in value ? value.value : '')
    : call('json_quote', [value]);
}

function rewriteCall(node: Node & { kind: 'call' }, params: Params): Node {
  const args = splitCommas(node.args);
  switch (node.name) {
    case 'any_value':
      return { ...node, name: 'min' };
    case 'regexp_like': {
      const [value, pattern, flags] = args;
      const options = flags?.[0]?.kind === 'string' ? flags[0].value : '';
      if (!value || !pattern || (flags && flags[0]?.kind !== 'string') || /[^ic]/.test(options)) {
        throw unsupported('REGEXP_LIKE() with these arguments', 'write value REGEXP pattern');
      }
      const prefix = options.endsWith('i') ? '(?i)' : options.endsWith('c') ? '(?-i)' : '';
      const regexp = prefix === '' ? pattern : [call('concat', [string(prefix)], pattern)];
      return { kind: 'group', items: [...value, word('regexp'), ...regexp] };
    }
    case 'greatest':
    case 'least': {
      // With a text among them MySQL compares texts, MariaDB numbers.
      if (!args.some(([first]) => isJsonText(first))) return node;
      const texts = args.map((arg) =>
        arg.length === 1 && isNumber(arg[0]!, params) ? [call('concat', arg)] : arg,
      );
      // And again numbers where the result is compared with one: CONCAT keeps that away.
      return call('concat', [call(node.name, ...texts)]);
    }
    default:
      return node;
  }
}

function isNumber(node: Node, params: Params): boolean {
  return node.kind === 'number' || (node.kind === 'param' && typeof params[node.index!] === 'number');
}

/** MySQL reads the number in a JSON string, MariaDB stumbles over its quotes. */
function castArguments(args: Node[], params: Params): Node[] {
  const as = args.findLastIndex((arg) => isWord(arg, 'as'));
  const type = args[as + 1];
  const name = type?.kind === 'call' ? type.name : type?.kind === 'word' ? type.value : '';
  if (
    as < 0 ||
    !['signed', 'unsigned', 'decimal', 'dec', 'numeric', 'double', 'float', 'real'].includes(name)
  )
    return args;
  const folded = foldArrows(
    args.slice(0, as).map((item) => descend(item, params)),
    inMariadb,
  );
  const [only] = folded;
  if (folded.length !== 1 || only?.kind !== 'json') return args;
  return [{ ...only, unquotes: true }, ...args.slice(as)];
}

function refuseExtremes(items: Node[]): void {
  if (items.some((item) => item.kind === 'json' && !item.unquotes)) {
    throw unsupported(
      'MAX() or MIN() of JSON',
      "it compares the text; write max(cast(attributes->>'$.value' as decimal(20, 6)))",
    );
  }
}

const extracted = ({ doc, path }: JsonAccess): Node =>
  path.kind === 'string' && LAST.test(path.value)
    ? lastOf(doc, path.value)
    : call('json_extract', [doc], [path]);
const unquoted = (access: JsonAccess): Node => call('json_unquote', [extracted(access)]);

function printed(access: JsonAccess): Node {
  return access.unquotes ? unquoted(access) : extracted(access);
}

/** `[last]` or `[last-1]` in a path. */
const LAST = /\[\s*last\s*(?:-\s*(\d+)\s*)?\]/;

/** MariaDB's own `last` goes wrong from the second row on (seen in 10.11): the place is computed. */
function lastOf(doc: Node, path: string): Node {
  const found = LAST.exec(path)!;
  const before = path.slice(0, found.index);
  const after = path.slice(found.index + found[0].length);
  if (LAST.test(after)) throw unsupported(`the JSON path ${path}`, 'with one [last] it works');
  const back = { kind: 'number', value: String(Number(found[1] ?? 0) + 1) } as const;
  return template(
    '(json_extract(DOC, concat(BEGIN, if(json_length(DOC, PATH) >= BACK, json_length(DOC, PATH) - BACK, null), AFTER)))',
    {
      DOC: [doc],
      PATH: [string(before)],
      BEGIN: [string(`${before}[`)],
      AFTER: [string(`]${after}`)],
      BACK: [back],
    },
  );
}

const mariadbJson: JsonDialect = {
  type: (access) => call('json_type', [extracted(access)]),
  value(access, kind) {
    if (kind === 'number') return extracted(access);
    return kind === 'string' ? unquoted(access) : template("(VALUE = 'true')", { VALUE: [unquoted(access)] });
  },
  types: {
    null: ['NULL'],
    boolean: ['BOOLEAN'],
    number: ['INTEGER', 'DOUBLE'],
    string: ['STRING'],
    array: ['ARRAY'],
    object: ['OBJECT'],
  },
  finish: (nodes) => nodes.map((node) => (node.kind === 'json' ? printed(node) : node)),
  equal: (a, b) =>
    template('(case when A is null or B is null then null else json_equals(A, B) end)', {
      A: [extracted(a)],
      B: [extracted(b)],
    }),
  order() {
    throw unsupported('< or > between two JSON values', 'it compares their text; compare ->> with + 0');
  },
  text: extracted,
};

function unsupported(what: string, why: string): SegflowError {
  return new SegflowError('store_unsupported', `${what} is not supported by ${STORE}: ${why}`, {
    hint: 'Write it another way, or run Segflow on MySQL.',
  });
}
