import { castTo } from './casts.ts';
import { refuse } from './tokens.ts';
import { type Call, call, isSymbol, isWord, type Node, splitCommas, string, symbol } from './tree.ts';
import { UNSUPPORTED_FUNCTIONS, unsupported } from './unsupported.ts';

/** Calls whose arguments MySQL writes with words, and words that are calls without parentheses. */
export function rewriteCalls(items: Node[]): Node[] {
  return items.map((item, index) => {
    if (item.kind === 'call') return rewriteCall(item);
    const alias =
      isWord(items[index - 1], 'as') || isSymbol(items[index - 1], '.') || isSymbol(items[index + 1], '.');
    const clock = item.kind === 'word' && !alias ? CLOCK_NAMES[item.value] : undefined;
    if (clock) return call(clock, []);
    return item;
  });
}

/** Names of the time that need not be called. In UTC they are all the same. */
const CLOCK_NAMES: Record<string, string> = {
  current_timestamp: 'now',
  localtime: 'now',
  localtimestamp: 'now',
  utc_timestamp: 'now',
  current_date: 'curdate',
  utc_date: 'curdate',
  current_time: 'curtime',
  utc_time: 'curtime',
};

/** The same function under the name it has in SQLite, or that the store registers. */
const RENAMED: Record<string, string> = {
  json_arrayagg: 'json_group_array',
  json_objectagg: 'json_group_object',
  json_merge_patch: 'json_patch',
  any_value: 'min',
  left: 'mysql_left',
  right: 'mysql_right',
  date_add: 'mysql_date_add',
  adddate: 'mysql_date_add',
  date_sub: 'mysql_date_sub',
  subdate: 'mysql_date_sub',
  timestamp: 'mysql_datetime',
  ...CLOCK_NAMES,
  isnull: 'mysql_isnull',
  dayofmonth: 'day',
  std: 'stddev_pop',
  stddev: 'stddev_pop',
  variance: 'var_pop',
};

function rewriteCall(node: Call): Node {
  const { name, args } = node;
  const reason = UNSUPPORTED_FUNCTIONS[name];
  if (reason !== undefined) throw unsupported(`${name.toUpperCase()}()`, reason);
  switch (name) {
    case 'cast': {
      const at = args.findLastIndex((arg) => isWord(arg, 'as'));
      if (at < 0) throw refuse('CAST() has no AS');
      return castTo(args.slice(0, at), args.slice(at + 1));
    }
    case 'convert': {
      const using = args.findIndex((arg) => isWord(arg, 'using'));
      if (using >= 0) return { kind: 'group', items: args.slice(0, using) };
      const comma = args.findLastIndex((arg) => isSymbol(arg, ','));
      if (comma < 0) throw refuse('CONVERT() has no type');
      return castTo(args.slice(0, comma), args.slice(comma + 1));
    }
    case 'extract': {
      const [unit, from, ...rest] = args;
      if (unit?.kind !== 'word' || !isWord(from, 'from'))
        throw refuse('EXTRACT() is written EXTRACT(unit FROM time)');
      return call('mysql_extract', [string(unit.value)], rest);
    }
    case 'position': {
      const at = args.findIndex((arg) => isWord(arg, 'in'));
      return at < 0 ? node : call('locate', args.slice(0, at), args.slice(at + 1));
    }
    case 'substring':
    case 'substr':
    case 'mid':
      return call(
        'mysql_substring',
        args.map((arg) => (isWord(arg, 'from', 'for') ? symbol(',') : arg)),
      );
    case 'trim':
      return trim(node);
    case 'timestampdiff':
    case 'timestampadd': {
      const [unit, ...rest] = args;
      if (unit?.kind !== 'word') throw refuse(`${name.toUpperCase()}() begins with a unit such as DAY`);
      return call(name, [string(unit.value), ...rest]);
    }
    case 'date_add':
    case 'date_sub':
    case 'adddate':
    case 'subdate':
      return { ...node, name: RENAMED[name]!, args: intervalArgument(args) };
    case 'group_concat':
      return groupConcat(node);
    case 'char':
      return { ...node, args: args.slice(0, indexOrEnd(args, 'using')) };
    default:
      return RENAMED[name] ? { ...node, name: RENAMED[name] } : node;
  }
}

/** `x, interval n unit` as `x, n, 'unit'`; a bare number is of days. */
function intervalArgument(args: Node[]): Node[] {
  const at = args.findIndex((arg) => isWord(arg, 'interval'));
  if (at < 0) return [...args, symbol(','), string('day')];
  const unit = args.at(-1);
  if (unit?.kind !== 'word') throw refuse('an INTERVAL ends with a unit such as DAY');
  return [...args.slice(0, at), ...args.slice(at + 1, -1), symbol(','), string(unit.value)];
}

function trim(node: Call): Node {
  const from = node.args.findIndex((arg) => isWord(arg, 'from'));
  if (from < 0) return node;
  const mode = isWord(node.args[0], 'both', 'leading', 'trailing') ? node.args[0].value : undefined;
  const what = node.args.slice(mode === undefined ? 0 : 1, from);
  const text = node.args.slice(from + 1);
  return call('mysql_trim', [string(mode ?? 'both')], what.length > 0 ? what : [string(' ')], text);
}

function groupConcat(node: Call): Node {
  const at = indexOrEnd(node.args, 'separator');
  const separator = node.args[at + 1];
  const order = node.args.findIndex((arg) => isWord(arg, 'order'));
  const until = order < 0 ? at : order;
  if (splitCommas(node.args.slice(0, until)).length > 1) {
    throw unsupported('GROUP_CONCAT() of several values', 'use CONCAT inside');
  }
  if (separator === undefined) return node;
  const ordered = order < 0 ? [] : node.args.slice(order, at);
  return { ...node, args: [...node.args.slice(0, until), symbol(','), separator, ...ordered] };
}

function indexOrEnd(items: Node[], keyword: string): number {
  const at = items.findIndex((item) => isWord(item, keyword));
  return at < 0 ? items.length : at;
}
