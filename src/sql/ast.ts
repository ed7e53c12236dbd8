/*
 * One file because the tree of a SELECT is one idea: the nodes refer to each other, and `partsOf`
 * lists all of them again.
 *
 * The tree of a SELECT in MySQL's grammar. The parser builds the tree. The resolver then fills in
 * the meaning of names (`source`, `sources`, `columns`), and the typing fills in `type`, both in
 * place. A tree from `readQuery` has all of these filled in.
 *
 * `at` is the offset in the query's text. Names are kept as written; names of functions, units and
 * collations are in lower case.
 */
import type { JsonPath } from './json-path.ts';
import type { SqlType } from './sql-type.ts';

// --- queries ---

/**
 * A whole query: its body with WITH, ORDER BY and LIMIT. A query in brackets is a `nested` body.
 */
export interface Query {
  at: number;
  ctes: Cte[];
  /** WITH RECURSIVE. */
  recursive: boolean;
  body: QueryBody;
  orderBy: OrderItem[];
  limit: Limit | undefined;
  /** The columns of the result. */
  columns: Column[];
  /** The query reads columns of an outer query. */
  correlated: boolean;
}

export type QueryBody = Select | SetOperation | Nested | Values;

export interface Select {
  kind: 'select';
  at: number;
  distinct: boolean;
  /** An asterisk is an expression of kind `star`. */
  items: SelectItem[];
  /** The comma-separated list; empty without FROM, or with FROM DUAL. */
  from: TableRef[];
  where: Expr | undefined;
  groupBy: Expr[];
  rollup: boolean;
  having: Expr | undefined;
  windows: NamedWindow[];
  /** The tables of FROM in the order of the text, joins taken apart. */
  sources: Source[];
  /** The SELECT has an aggregate or GROUP BY: one row per group. */
  grouped: boolean;
  columns: Column[];
}

export interface SetOperation {
  kind: 'set';
  at: number;
  op: 'union' | 'intersect' | 'except';
  all: boolean;
  left: QueryBody;
  right: QueryBody;
  columns: Column[];
}

export interface Nested {
  kind: 'nested';
  at: number;
  query: Query;
  columns: Column[];
}

/** `VALUES ROW(1, 2), ROW(3, 4)`. */
export interface Values {
  kind: 'values';
  at: number;
  rows: Expr[][];
  columns: Column[];
}

export interface Cte {
  at: number;
  name: string;
  /** The list of column names after the CTE's name. */
  names: string[] | undefined;
  query: Query;
  columns: Column[];
  /** The CTE refers to itself. */
  recursive: boolean;
}

export interface SelectItem {
  at: number;
  expr: Expr;
  alias: string | undefined;
  /**
   * The column's name: the alias, the name of a column, or else the expression as written. Empty
   * for an asterisk.
   */
  name: string;
}

export interface OrderItem {
  expr: Expr;
  descending: boolean;
  /** The item of the select list that a plain number or an alias refers to. */
  item: SelectItem | undefined;
}

export interface Limit {
  count: Expr;
  offset: Expr | undefined;
}

/** A column of a table or a query. */
export interface Column {
  name: string;
  type: SqlType;
  /**
   * The expressions that the column is computed from, one for each SELECT of the query. Empty for a
   * table's own columns.
   */
  exprs: Expr[];
}

// --- tables ---

export type TableRef = Source | Join;

/** A source of rows with one name. */
export type Source = NamedTable | Derived | JsonTable;

interface SourceParts {
  at: number;
  /** The alias, or else the name. */
  name: string;
  columns: Column[];
}

export interface NamedTable extends SourceParts {
  kind: 'table';
  /** The name of the table, as written. */
  table: string;
  alias: string | undefined;
  /** The CTE with this name; undefined for a table of Segflow's schema. */
  cte: Cte | undefined;
}

export interface Derived extends SourceParts {
  kind: 'derived';
  query: Query;
  /** The list of names after the alias. */
  names: string[] | undefined;
  lateral: boolean;
}

export interface JsonTable extends SourceParts {
  kind: 'jsonTable';
  doc: Expr;
  path: string;
}

export interface Join {
  kind: 'join';
  at: number;
  /** An inner join without a condition is a `cross`. */
  join: 'inner' | 'cross' | 'left' | 'right';
  left: TableRef;
  right: TableRef;
  on: Expr | undefined;
  /** The columns of USING, or the columns that NATURAL found. Each pair is equal on both sides. */
  using: Using[];
  natural: boolean;
}

export interface Using {
  name: string;
  left: ColumnRef;
  right: ColumnRef;
}

// --- expressions ---

export type Expr =
  | NullLiteral
  | BooleanLiteral
  | NumberLiteral
  | StringLiteral
  | BytesLiteral
  | TemporalLiteral
  | Param
  | ColumnRef
  | Star
  | JsonAccess
  | Unary
  | Arithmetic
  | Comparison
  | Quantified
  | Logic
  | Not
  | Is
  | Between
  | InList
  | InQuery
  | Like
  | Regexp
  | MemberOf
  | Case
  | Call
  | Aggregate
  | WindowCall
  | Cast
  | ConvertUsing
  | DateArithmetic
  | Extract
  | TimestampDiff
  | Clock
  | Trim
  | Collate
  | Row
  | Subquery
  | Exists;

interface ExprParts {
  at: number;
  type: SqlType;
}

export interface NullLiteral extends ExprParts {
  kind: 'null';
}

export interface BooleanLiteral extends ExprParts {
  kind: 'boolean';
  value: boolean;
}

/** Without a sign. The type tells an integer, a decimal and, with an exponent, a double apart. */
export interface NumberLiteral extends ExprParts {
  kind: 'number';
  text: string;
}

/** Escapes are resolved, adjacent strings joined. */
export interface StringLiteral extends ExprParts {
  kind: 'string';
  value: string;
}

/** `x'4D'`, `0x4D`, `b'101'`. */
export interface BytesLiteral extends ExprParts {
  kind: 'bytes';
  hex: string;
}

/** `DATE '2026-01-31'`, `TIMESTAMP '…'`, `TIME '…'`: checked to be valid. */
export interface TemporalLiteral extends ExprParts {
  kind: 'temporal';
  unit: 'date' | 'time' | 'timestamp';
  value: string;
}

/**
 * A placeholder with its value, treated like the same literal. A boolean is TRUE or FALSE. A number
 * is an integer, a decimal or a double, as JavaScript writes it. A Date, an object and an array are
 * texts (see params.ts).
 */
export interface Param extends ExprParts {
  kind: 'param';
  /** The number of the placeholder, from 0. */
  index: number;
  value: ParamValue;
}

export type ParamValue = string | number | bigint | boolean | null;

export interface ColumnRef extends ExprParts {
  kind: 'column';
  /** Database and table, or table, as written before the name. */
  qualifier: string[];
  name: string;
  source: ColumnSource;
}

/** The meaning of a column's name. */
export type ColumnSource =
  /** `depth`: how many queries out the table is; 0 is the SELECT's own table. */
  | { kind: 'table'; source: Source; column: Column; depth: number }
  /** An item of the select list, by its alias: in HAVING, GROUP BY and ORDER BY. */
  | { kind: 'item'; item: SelectItem }
  /** A column of the result of a UNION, INTERSECT or EXCEPT, in its ORDER BY. */
  | { kind: 'result'; column: Column }
  /** Not resolved yet. */
  | { kind: 'unresolved' };

/** `*` or `t.*`, in a select list, and in COUNT(*). */
export interface Star extends ExprParts {
  kind: 'star';
  qualifier: string[];
  /** The columns that the asterisk stands for in a select list. */
  columns: ColumnRef[];
}

/** `doc -> path`, `doc ->> path`, JSON_EXTRACT with one literal path, and JSON_UNQUOTE of these. */
export interface JsonAccess extends ExprParts {
  kind: 'json';
  doc: Expr;
  path: JsonPath;
  /** `->>`: text, without quotes. */
  unquote: boolean;
}

export interface Unary extends ExprParts {
  kind: 'unary';
  op: '-' | '+' | '~' | 'binary';
  operand: Expr;
}

export interface Arithmetic extends ExprParts {
  kind: 'arithmetic';
  op: '+' | '-' | '*' | '/' | 'div' | '%' | '|' | '&' | '^' | '<<' | '>>';
  left: Expr;
  right: Expr;
}

export type ComparisonOperator = '=' | '<=>' | '<>' | '<' | '<=' | '>' | '>=';

export interface Comparison extends ExprParts {
  kind: 'comparison';
  op: ComparisonOperator;
  left: Expr;
  right: Expr;
}

/** `left op ANY (query)`. */
export interface Quantified extends ExprParts {
  kind: 'quantified';
  op: ComparisonOperator;
  quantifier: 'any' | 'all';
  left: Expr;
  query: Query;
}

export interface Logic extends ExprParts {
  kind: 'logic';
  op: 'and' | 'or' | 'xor';
  /** Two or more: `a and b and c` is one node. */
  operands: Expr[];
}

/** NOT and `!`. */
export interface Not extends ExprParts {
  kind: 'not';
  operand: Expr;
}

export interface Is extends ExprParts {
  kind: 'is';
  operand: Expr;
  /** IS UNKNOWN is `null`. */
  test: 'null' | 'true' | 'false';
  negated: boolean;
}

export interface Between extends ExprParts {
  kind: 'between';
  operand: Expr;
  low: Expr;
  high: Expr;
  negated: boolean;
}

export interface InList extends ExprParts {
  kind: 'in';
  operand: Expr;
  list: Expr[];
  negated: boolean;
}

export interface InQuery extends ExprParts {
  kind: 'inQuery';
  operand: Expr;
  query: Query;
  negated: boolean;
}

export interface Like extends ExprParts {
  kind: 'like';
  operand: Expr;
  pattern: Expr;
  escape: Expr | undefined;
  negated: boolean;
}

/** REGEXP and RLIKE; REGEXP_LIKE() is a call. */
export interface Regexp extends ExprParts {
  kind: 'regexp';
  operand: Expr;
  pattern: Expr;
  negated: boolean;
}

export interface MemberOf extends ExprParts {
  kind: 'memberOf';
  value: Expr;
  array: Expr;
}

export interface Case extends ExprParts {
  kind: 'case';
  /** The value that the branches' `when` are compared with. */
  operand: Expr | undefined;
  branches: { when: Expr; result: Expr }[];
  otherwise: Expr | undefined;
}

/** A function of one row. Synonyms share one name (`lcase` is `lower`): see functions.ts. */
export interface Call extends ExprParts {
  kind: 'call';
  name: string;
  args: Expr[];
}

interface AggregateParts extends ExprParts {
  name: string;
  distinct: boolean;
  args: Expr[];
  /** Of GROUP_CONCAT. */
  orderBy: OrderItem[];
  /** Of GROUP_CONCAT; undefined is a comma. */
  separator: string | undefined;
}

export interface Aggregate extends AggregateParts {
  kind: 'aggregate';
}

/** An aggregate, or a window function, with OVER. */
export interface WindowCall extends AggregateParts {
  kind: 'window';
  over: Window;
}

export interface Window {
  /** The named window that OVER uses or extends. */
  base: string | undefined;
  partitionBy: Expr[];
  orderBy: OrderItem[];
  frame: Frame | undefined;
}

export interface NamedWindow {
  name: string;
  window: Window;
}

export interface Frame {
  unit: 'rows' | 'range';
  start: FrameBound;
  /** Without BETWEEN the frame ends at the current row. */
  end: FrameBound;
}

export type FrameBound =
  | { kind: 'unboundedPreceding' | 'unboundedFollowing' | 'currentRow' }
  | { kind: 'preceding' | 'following'; amount: Expr; unit: Unit | undefined };

export interface Cast extends ExprParts {
  kind: 'cast';
  operand: Expr;
  to: CastType;
}

export type CastType =
  | { kind: 'signed' | 'unsigned' | 'double' | 'float' | 'date' | 'json' | 'year' }
  | { kind: 'decimal'; precision: number; scale: number }
  | { kind: 'char' | 'binary'; length: number | undefined }
  | { kind: 'datetime' | 'time'; fsp: number };

/** `CONVERT(text USING utf8mb4)`. */
export interface ConvertUsing extends ExprParts {
  kind: 'convertUsing';
  operand: Expr;
  charset: string;
}

/** `time + INTERVAL n unit`, DATE_ADD, ADDDATE, TIMESTAMPADD and their opposites. */
export interface DateArithmetic extends ExprParts {
  kind: 'dateArithmetic';
  op: '+' | '-';
  operand: Expr;
  amount: Expr;
  unit: Unit;
}

export interface Extract extends ExprParts {
  kind: 'extract';
  unit: Unit;
  operand: Expr;
}

export interface TimestampDiff extends ExprParts {
  kind: 'timestampDiff';
  unit: Unit;
  from: Expr;
  to: Expr;
}

/**
 * The time of evaluation: NOW() and its synonyms, CURDATE(), CURTIME(), UNIX_TIMESTAMP() without an
 * argument. The session is in UTC, so local and UTC functions agree.
 */
export interface Clock extends ExprParts {
  kind: 'clock';
  what: 'now' | 'date' | 'time' | 'unix';
  /** Digits of a second. */
  fsp: number;
}

/** TRIM with its keywords, and LTRIM and RTRIM. */
export interface Trim extends ExprParts {
  kind: 'trim';
  side: 'both' | 'leading' | 'trailing';
  /** Undefined is a space. */
  remove: Expr | undefined;
  operand: Expr;
}

export interface Collate extends ExprParts {
  kind: 'collate';
  operand: Expr;
  collation: string;
}

/** `(a, b)`, `ROW(a, b)`: two or more. */
export interface Row extends ExprParts {
  kind: 'row';
  items: Expr[];
}

/** A query of one column as a value. */
export interface Subquery extends ExprParts {
  kind: 'subquery';
  query: Query;
}

export interface Exists extends ExprParts {
  kind: 'exists';
  query: Query;
}

export type Unit =
  | 'microsecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'second_microsecond'
  | 'minute_microsecond'
  | 'minute_second'
  | 'hour_microsecond'
  | 'hour_second'
  | 'hour_minute'
  | 'day_microsecond'
  | 'day_second'
  | 'day_minute'
  | 'day_hour'
  | 'year_month';
