import type { Cte, Expr, JsonAccess, OrderItem, Query, QueryBody, Select, TableRef, Window } from '../ast.ts';
import { refusal } from '../refusal.ts';
import { type SqlType, UNKNOWN } from '../sql-type.ts';
import { partsOf } from '../walk.ts';
import { aggregateType, kept, numberOf, stored, strong } from './aggregate-types.ts';
import { callType } from './call-types.ts';
import { castType, shifted } from './cast-types.ts';
import { FROM_JSON, mixed, textType, type Weighted, weightOf } from './collations.ts';
import { arithmeticType, isTemporal } from './decimals.ts';
import { checkDocument, checkDocuments } from './documents.ts';
import { checkCollation, checkLiteral, isTime } from './literals.ts';
import { merged } from './merge.ts';
import {
  checkArguments,
  checkBetween,
  checkChoice,
  checkChosen,
  checkList,
  checkPair,
  checkRows,
  checkTimeOf,
} from './mixtures.ts';

/**
 * Gives every expression its MySQL type. Throws `invalid_config` when texts cannot be compared, or
 * when numbers of columns differ.
 */
export function typeQuery(query: Query, text: string): void {
  new Typing(text).query(query);
}

class Typing {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  query(query: Query, begun?: (body: QueryBody) => void): void {
    for (const cte of query.ctes) this.#cte(cte);
    this.#body(query.body, begun);
    this.#order(query.orderBy);
    if (query.limit) {
      this.#expr(query.limit.count);
      if (query.limit.offset) this.#expr(query.limit.offset);
    }
  }

  /** The first SELECT of a recursive CTE decides its types. */
  #cte(cte: Cte): void {
    const take = ({ columns }: { columns: Query['columns'] }) => {
      for (const [index, column] of cte.columns.entries()) column.type = kept(columns[index]!);
    };
    if (cte.recursive) this.query(cte.query, take);
    else {
      this.query(cte.query);
      take(cte.query);
    }
  }

  #body(body: QueryBody, begun?: (body: QueryBody) => void): void {
    switch (body.kind) {
      case 'select':
        this.#select(body);
        break;
      case 'nested':
        this.query(body.query, begun);
        break;
      case 'values':
        for (const expr of body.rows.flat()) this.#value(expr);
        for (const [index, column] of body.columns.entries()) {
          column.type = this.#merged(
            body.rows.map((row) => row[index]!.type),
            body.at,
          );
        }
        break;
      case 'set':
        this.#body(body.left, begun);
        begun?.(body.left);
        this.#body(body.right);
        for (const [index, column] of body.columns.entries()) {
          const sides = [body.left.columns[index]!.type, body.right.columns[index]!.type];
          column.type = begun ? stored(sides[0]!) : this.#merged(sides, body.at);
        }
    }
  }

  #select(select: Select): void {
    for (const ref of select.from) this.#table(ref);
    if (select.where) this.#value(select.where);
    for (const expr of select.groupBy) this.#value(expr);
    for (const item of select.items) {
      if (item.expr.kind === 'star') for (const column of item.expr.columns) this.#expr(column);
      else this.#value(item.expr);
    }
    for (const { window } of select.windows) this.#window(window);
    if (select.having) this.#value(select.having);
    for (const column of select.columns) column.type = stored(column.exprs[0]!.type);
  }

  #table(ref: TableRef): void {
    if (ref.kind === 'derived') {
      this.query(ref.query);
      for (const [index, column] of ref.columns.entries()) column.type = kept(ref.query.columns[index]!);
    } else if (ref.kind === 'jsonTable') this.#value(ref.doc);
    else if (ref.kind === 'join') {
      this.#table(ref.left);
      this.#table(ref.right);
      for (const { left, right } of ref.using) {
        this.#value(left);
        this.#value(right);
      }
      if (ref.on) this.#value(ref.on);
    }
  }

  #order(items: OrderItem[]): void {
    for (const { expr } of items) this.#value(expr);
  }

  #window({ partitionBy, orderBy, frame }: Window): void {
    for (const expr of [...partitionBy, ...orderBy.map((item) => item.expr)]) {
      this.#value(expr);
      const number = expr.kind === 'number' || (expr.kind === 'param' && typeof expr.value === 'number');
      if (number) throw this.#refuse('a window cannot be ordered by the number of a column', expr.at);
    }
    for (const bound of frame ? [frame.start, frame.end] : [])
      if ('amount' in bound) this.#value(bound.amount);
  }

  /** An expression with a single value, not a row. */
  #value(expr: Expr): void {
    this.#expr(expr);
    if (expr.kind === 'row') throw this.#refuse('a list of several values is used as one value', expr.at);
  }

  #expr(expr: Expr): void {
    if (expr.kind === 'window') this.#window(expr.over);
    const rows = TAKES_ROWS.has(expr.kind);
    const { exprs, queries } = partsOf(expr);
    for (const part of exprs) {
      if (rows) this.#expr(part);
      else this.#value(part);
    }
    for (const query of queries) this.query(query);
    expr.type = this.#typeOf(expr);
  }

  #typeOf(expr: Expr): SqlType {
    switch (expr.kind) {
      case 'null':
        return { kind: 'null' };
      case 'boolean':
      case 'not':
      case 'logic':
      case 'is':
      case 'exists':
        return { kind: 'boolean' };
      case 'memberOf':
        checkDocument(expr.array, 'member of', this.#text);
        if (
          expr.value.type.kind === 'boolean' &&
          expr.value.kind !== 'boolean' &&
          expr.value.kind !== 'param'
        ) {
          throw this.#refuse('a condition is looked for in an array', expr.at, 'Look for TRUE or FALSE.');
        }
        return { kind: 'boolean' };
      case 'number':
      case 'string':
      case 'bytes':
      case 'temporal':
      case 'param':
        return checkLiteral(expr, this.#text);
      case 'column':
        return columnType(expr);
      case 'star':
      case 'row':
        return UNKNOWN;
      case 'json':
        checkDocument(expr.doc, expr.unquote ? '->>' : '->', this.#text);
        return jsonType(expr);
      case 'unary':
        return this.#unary(expr);
      case 'arithmetic':
        if (BITS.has(expr.op)) return { kind: 'integer', unsigned: true };
        return arithmeticType(expr.op, numberOf(expr.left), numberOf(expr.right));
      case 'comparison':
        this.#checkRows(expr.left, [expr.right]);
        this.#compared([expr.left, expr.right], expr.at);
        this.#checkTime(expr.left, expr.right);
        this.#checkTime(expr.right, expr.left);
        checkPair([expr.left, expr.right], { at: expr.at, text: this.#text });
        return { kind: 'boolean' };
      case 'quantified':
      case 'inQuery': {
        const left = expr.kind === 'quantified' ? expr.left : expr.operand;
        const width = left.kind === 'row' ? left.items.length : 1;
        if (expr.query.columns.length !== width) {
          throw this.#refuse(
            `the subquery has ${expr.query.columns.length} columns, not ${width}`,
            expr.query.at,
          );
        }
        if (width === 1) this.#mixed([weightOf(left.type), weightOf(expr.query.columns[0]!.type)], expr.at);
        checkRows(left, expr.query, this.#text);
        return { kind: 'boolean' };
      }
      case 'between':
        this.#compared([expr.operand, expr.low, expr.high], expr.at);
        checkBetween(expr, this.#text);
        return { kind: 'boolean' };
      case 'in':
        this.#checkRows(expr.operand, expr.list);
        this.#compared([expr.operand, ...expr.list], expr.at);
        checkList(expr, this.#text);
        return { kind: 'boolean' };
      case 'like':
      case 'regexp':
        this.#mixed([weightOf(expr.operand.type), weightOf(expr.pattern.type)], expr.at);
        return { kind: 'boolean' };
      case 'case': {
        if (expr.operand) {
          this.#compared([expr.operand, ...expr.branches.map(({ when }) => when)], expr.at);
          for (const { when } of expr.branches) {
            checkChosen([expr.operand, when], { at: when.at, text: this.#text });
          }
        }
        const chosen = expr.branches.map(({ result }) => result);
        checkChoice(expr.otherwise ? [...chosen, expr.otherwise] : chosen, { at: expr.at, text: this.#text });
        const results = chosen.map(({ type }) => type);
        return this.#merged([...results, ...(expr.otherwise ? [expr.otherwise.type] : [])], expr.at);
      }
      case 'call':
        checkDocuments(expr, this.#text);
        if (expr.name === 'nullif') {
          this.#checkTime(expr.args[0]!, expr.args[1]!);
          this.#checkTime(expr.args[1]!, expr.args[0]!);
          checkChosen([expr.args[0]!, expr.args[1]!], { at: expr.at, text: this.#text });
        }
        checkArguments(expr, this.#text);
        return callType(expr.name, expr.args) ?? this.#failMix(expr.at);
      case 'aggregate':
      case 'window':
        return aggregateType(expr) ?? this.#failMix(expr.at);
      case 'cast':
        if (expr.to.kind === 'json' && expr.operand.type.kind === 'text') {
          checkDocument(expr.operand, 'cast as json', this.#text);
        }
        if (expr.to.kind === 'date' || expr.to.kind === 'datetime' || expr.to.kind === 'time') {
          checkTimeOf(expr.operand, `CAST AS ${expr.to.kind.toUpperCase()}`, this.#text);
        }
        return castType(expr.to);
      case 'convertUsing':
        return this.#charset(expr);
      case 'dateArithmetic':
        checkTimeOf(expr.operand, 'INTERVAL', this.#text);
        return shifted(expr.operand.type, expr.unit);
      case 'extract':
        checkTimeOf(expr.operand, 'EXTRACT', this.#text);
        return { kind: 'integer' };
      case 'timestampDiff':
        for (const time of [expr.from, expr.to]) checkTimeOf(time, 'TIMESTAMPDIFF', this.#text);
        return { kind: 'integer' };
      case 'clock':
        if (expr.what === 'unix') return { kind: 'integer' };
        if (expr.what === 'date') return { kind: 'date' };
        return { kind: expr.what === 'now' ? 'datetime' : 'time', fsp: expr.fsp };
      case 'trim':
        return textType(strong(weightOf(expr.operand.type)));
      case 'collate':
        return textType({ collation: checkCollation(expr, this.#text), coercibility: 0 });
      case 'subquery': {
        if (expr.query.columns.length !== 1) {
          throw this.#refuse(`the subquery has ${expr.query.columns.length} columns, not 1`, expr.query.at);
        }
        const [column] = expr.query.columns;
        const only = expr.query.body.kind === 'select' ? expr.query.body.items[0]!.expr : undefined;
        return only?.type.kind === 'boolean' ? only.type : column!.type;
      }
    }
  }

  #unary({ op, operand }: Expr & { kind: 'unary' }): SqlType {
    if (op === '+') return operand.type;
    if (op === '~') return { kind: 'integer', unsigned: true };
    if (op === 'binary') return textType({ collation: 'binary', coercibility: 2 });
    if (isTemporal(operand.type)) return { kind: 'double' };
    const type = numberOf(operand);
    return type.kind === 'integer' ? { kind: 'integer' } : type;
  }

  #charset({ charset, at }: Expr & { kind: 'convertUsing' }): SqlType {
    if (charset === 'utf8mb4') return textType({ collation: 'utf8mb4_0900_ai_ci', coercibility: 2 });
    if (charset === 'binary') return textType({ collation: 'binary', coercibility: 2 });
    throw this.#refuse(
      `CONVERT() to the character set ${charset} is not accepted`,
      at,
      'Every text is utf8mb4.',
    );
  }

  /**
   * Checks values that are compared with each other: texts need a common collation, rows the same
   * length.
   */
  #compared(exprs: Expr[], at: number): void {
    if (exprs.some(({ kind }) => kind === 'row')) return;
    const texts = exprs.filter(({ type }) => type.kind === 'text');
    if (texts.length > 1)
      this.#mixed(
        texts.map(({ type }) => weightOf(type)),
        at,
      );
  }

  /** MySQL refuses a query that compares a time with an invalid literal. */
  #checkTime(time: Expr, other: Expr): void {
    if (time.type.kind !== 'datetime' && time.type.kind !== 'date') return;
    // For a literal, MAX and MIN are also known in advance.
    const value = other.kind === 'aggregate' && EXTREMES.has(other.name) ? other.args[0]! : other;
    const literal = value.kind === 'string' || value.kind === 'param';
    const text = literal ? value.value : undefined;
    if (typeof text !== 'string' || isTime(text)) return;
    throw this.#refuse(
      `a time is compared with "${text}", which is not a time`,
      other.at,
      "Write '2026-01-31' or '2026-01-31 09:00:00', in UTC.",
    );
  }

  #checkRows(left: Expr, others: Expr[]): void {
    const width = left.kind === 'row' ? left.items.length : 1;
    for (const other of others) {
      const found = other.kind === 'row' ? other.items.length : 1;
      if (found === width) {
        if (left.kind === 'row' && other.kind === 'row') {
          for (const [index, item] of left.items.entries()) {
            const pair: [Expr, Expr] = [item, other.items[index]!];
            this.#compared(pair, item.at);
            this.#checkTime(...pair);
            this.#checkTime(pair[1], pair[0]);
            checkPair(pair, { at: item.at, text: this.#text });
          }
        }
        continue;
      }
      const query = other.kind === 'subquery' || left.kind === 'subquery';
      throw this.#refuse(
        query ? 'rows are compared with rows of a query by IN' : `${width} values are compared with ${found}`,
        other.at,
      );
    }
  }

  #merged(types: SqlType[], at: number): SqlType {
    return merged(types) ?? this.#failMix(at);
  }

  #mixed(list: Weighted[], at: number): Weighted {
    return mixed(list) ?? this.#failMix(at);
  }

  #failMix(at: number): never {
    throw this.#refuse(
      'texts of different collations meet, and MySQL does not choose between them',
      at,
      'Put COLLATE utf8mb4_bin after one of them.',
    );
  }

  #refuse(problem: string, at: number, hint?: string): Error {
    return refusal(problem, { text: this.#text, at, hint });
  }
}

const EXTREMES: ReadonlySet<string> = new Set(['min', 'max']);

/** Expressions that accept rows in brackets. */
const TAKES_ROWS: ReadonlySet<Expr['kind']> = new Set(['comparison', 'in', 'inQuery', 'quantified']);

const BITS: ReadonlySet<string> = new Set(['|', '&', '^', '<<', '>>']);

function columnType({ source }: Expr & { kind: 'column' }): SqlType {
  switch (source.kind) {
    case 'table':
    case 'result':
      return source.column.type;
    case 'item':
      return source.item.expr.type;
    case 'unresolved':
      return UNKNOWN;
  }
}

function jsonType({ unquote }: JsonAccess): SqlType {
  return unquote ? textType(FROM_JSON) : { kind: 'json' };
}
