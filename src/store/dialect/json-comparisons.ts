import { columnName, isJsonText, isNumeric, isTemporal, type Params } from './operands.ts';
import { template } from './template.ts';
import { isSymbol, isWord, type JsonAccess, type Node, splitCommas, symbol, word } from './tree.ts';

/*
 * MySQL compares JSON with SQL values by type first: true is not 1, "25" is not 25 but greater than any number, a JSON null is
 * less than everything. Other databases compare the text or the value, so the rule is written out:
 *
 *   attributes->'$.vip' = true   becomes   case when TYPE is null then null when TYPE is a boolean then VALUE = … else 0 end
 *
 * https://dev.mysql.com/doc/refman/8.4/en/json.html#json-comparison
 */

/** How a database takes JSON apart. */
export interface JsonDialect {
  /** The type of the JSON, as SQL; NULL when there is none. */
  type(access: JsonAccess): Node;
  /** The value, where the type is that of `kind`. */
  value(access: JsonAccess, kind: Kind): Node;
  types: Record<'null' | 'number' | 'string' | 'array' | 'object' | 'boolean', string[]>;
  /** Operands of several nodes, in this database's SQL. */
  finish(nodes: Node[]): Node[];
  /** Whether two pieces of JSON are equal. */
  equal(a: JsonAccess, b: JsonAccess): Node;
  /** Called for a comparison of two pieces of JSON by their order: throws where the database has none. */
  order(): void;
  /** The text of the JSON. */
  text(access: JsonAccess): Node;
}

export type Kind = 'number' | 'string' | 'boolean';

/** From the least to the greatest. */
const ORDER = ['null', 'number', 'string', 'object', 'array', 'boolean'] as const;
const FLIPPED: Record<string, string> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

export function rewriteJsonComparisons(items: Node[], params: Params, json: JsonDialect): Node[] {
  const list = [...items];
  for (let at = 1; at < list.length; at++) {
    const item = list[at]!;
    if (isSymbol(item, ...COMPARISONS)) {
      const left = operandBefore(list, at);
      const right = operandAfter(list, at);
      const replaced =
        compare(left, item.value, right, params, json) ??
        compare(right, FLIPPED[item.value] ?? item.value, left, params, json);
      if (replaced) {
        list.splice(at - left.length, left.length + 1 + right.length, replaced);
        at -= left.length;
      }
    } else if (isWord(item, 'in')) {
      const negated = isWord(list[at - 1], 'not');
      const left = operandBefore(list, negated ? at - 1 : at);
      const group = list[at + 1];
      const [access] = left;
      if (left.length !== 1 || access?.kind !== 'json' || access.unquotes || group?.kind !== 'group')
        continue;
      const members = splitCommas(group.items);
      const equals = members.map((member) => compare(left, '=', member, params, json));
      if (equals.some((equal) => equal === undefined)) continue;
      const any = equals.flatMap((equal, index) => (index === 0 ? [equal!] : [word('or'), equal!]));
      const whole: Node = {
        kind: 'group',
        items: negated ? [word('not'), { kind: 'group', items: any }] : any,
      };
      const from = at - (negated ? 2 : 1);
      list.splice(from, at + 2 - from, whole);
      at = from;
    } else if (isWord(item, 'between')) {
      const place = isWord(list[at - 1], 'not') ? at - 2 : at - 1;
      const access = list[place];
      if (access?.kind !== 'json' || access.unquotes) continue;
      // Here MySQL does not compare JSON: numbers by value, else its text.
      const kind = kindOf([list[at + 1]!], params);
      if (kind === 'number') list[place] = { ...access, unquotes: true };
      else if (kind === 'string') list[place] = json.text(access);
    }
  }
  return list;
}

const COMPARISONS = ['=', '<', '>', '<=', '>=', '<>', '!=', '<=>'];

function compare(
  side: Node[],
  operator: string,
  other: Node[],
  params: Params,
  json: JsonDialect,
): Node | undefined {
  const [access] = side;
  if (side.length !== 1 || access?.kind !== 'json' || access.unquotes || other.length === 0) return undefined;
  const [second] = other;
  if (other.length === 1 && second?.kind === 'json' && !second.unquotes) {
    if (!['=', '<>', '!='].includes(operator)) {
      json.order();
      return undefined;
    }
    const equal = json.equal(access, second);
    return operator === '=' ? equal : { kind: 'group', items: [word('not'), equal] };
  }
  const kind = kindOf(other, params);
  return kind === undefined ? undefined : byType(access, operator, { nodes: other, kind }, json);
}

function byType(
  access: JsonAccess,
  operator: string,
  other: { nodes: Node[]; kind: Kind },
  json: JsonDialect,
): Node {
  const { kind } = other;
  const safe = operator === '<=>';
  const place = ORDER.indexOf(kind);
  const less = ORDER.slice(0, place).flatMap((name) => json.types[name]);
  const [ifLess, ifGreater] = OUTCOMES[operator]!;
  const same = [
    json.value(access, kind),
    symbol(safe ? '=' : operator),
    { kind: 'group', items: json.finish(other.nodes) } as Node,
  ];
  return template(
    `(case when TYPE is null then ${safe ? 0 : 'null'} when TYPE in (${list(json.types[kind])}) then SAME
      when TYPE in (${list(less)}) then ${ifLess} else ${ifGreater} end)`,
    { TYPE: [json.type(access)], SAME: same },
  );
}

/** What a comparison gives when the JSON is of a lesser, or of a greater type than the other operand. */
const OUTCOMES: Record<string, [less: number, greater: number]> = {
  '=': [0, 0],
  '<=>': [0, 0],
  '<>': [1, 1],
  '!=': [1, 1],
  '<': [1, 0],
  '<=': [1, 0],
  '>': [0, 1],
  '>=': [0, 1],
};

function kindOf(nodes: Node[], params: Params): Kind | undefined {
  const [first, second] = nodes;
  if (nodes.length === 1 && isWord(first, 'true', 'false')) return 'boolean';
  if (nodes.some((node) => isSymbol(node, ...ARITHMETIC) || isWord(node, 'div', 'mod'))) return 'number';
  if (nodes.length === 2 && isSymbol(first, '-')) return isNumeric(second, params) ? 'number' : undefined;
  if (nodes.length !== 1 || isTemporal(first)) return undefined;
  if (isNumeric(first, params)) return 'number';
  if (first?.kind === 'string' || isJsonText(first)) return 'string';
  if (first?.kind === 'param') return typeof params[first.index!] === 'string' ? 'string' : undefined;
  if (first?.kind === 'call') return TEXT_FUNCTIONS.has(first.name) ? 'string' : undefined;
  const column = columnName(first);
  if (column === undefined) return undefined;
  return TEXT_COLUMNS.has(column) ? 'string' : undefined;
}

export const ARITHMETIC = ['+', '-', '*', '/', '%'];

const TEXT_FUNCTIONS = new Set(
  'concat concat_ws lower upper lcase ucase trim ltrim rtrim left right mysql_left mysql_right substring mysql_substring replace json_unquote'.split(
    ' ',
  ),
);
const TEXT_COLUMNS = new Set(
  'id user_id name segment_id campaign_id status template message_id deployment_id behavior reason'.split(
    ' ',
  ),
);

/** Words and symbols at which an operand of a comparison ends. */
const BOUNDARY_WORDS =
  `and or xor not then else end when case where having on is in like between regexp rlike order group limit as asc desc
  union except intersect from select distinct by join left right inner using window for with offset over`.split(
    /\s+/,
  );
const BOUNDARY_SYMBOLS = [...COMPARISONS, ',', '&&', '||', '!'];

function isBoundary(node: Node | undefined): boolean {
  return node === undefined || isWord(node, ...BOUNDARY_WORDS) || isSymbol(node, ...BOUNDARY_SYMBOLS);
}

function operandBefore(list: Node[], at: number): Node[] {
  let from = at;
  while (!isBoundary(list[from - 1])) from--;
  return list.slice(from, at);
}

function operandAfter(list: Node[], at: number): Node[] {
  let to = at + 1;
  while (!isBoundary(list[to])) to++;
  return list.slice(at + 1, to);
}

function list(types: string[]): string {
  return types.length === 0 ? "''" : types.map((type) => `'${type}'`).join(', ');
}
