import type { Expr } from '../../../src/sql/ast.ts';
import { parse } from '../../../src/sql/parse/parse.ts';

/** The expression with a bracket around every operator, to see its precedence. */
export function bracketed(sql: string): string {
  const { body } = parse(`select ${sql}`).query;
  if (body.kind !== 'select') throw new Error('no SELECT');
  return show(body.items[0]!.expr);
}

function show(expr: Expr): string {
  const not = 'negated' in expr && expr.negated ? 'not ' : '';
  switch (expr.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(expr.value);
    case 'number':
      return expr.text;
    case 'string':
      return `'${expr.value}'`;
    case 'param':
      return '?';
    case 'column':
      return [...expr.qualifier, expr.name].join('.');
    case 'json':
      return `(${show(expr.doc)} ${expr.unquote ? '->>' : '->'} ${expr.path.text})`;
    case 'unary':
      return `(${expr.op} ${show(expr.operand)})`;
    case 'not':
      return `(not ${show(expr.operand)})`;
    case 'arithmetic':
    case 'comparison':
      return `(${show(expr.left)} ${expr.op} ${show(expr.right)})`;
    case 'logic':
      return `(${expr.operands.map(show).join(` ${expr.op} `)})`;
    case 'is':
      return `(${show(expr.operand)} is ${not}${expr.test})`;
    case 'between':
      return `(${show(expr.operand)} ${not}between ${show(expr.low)} and ${show(expr.high)})`;
    case 'in':
      return `(${show(expr.operand)} ${not}in ${expr.list.map(show).join(', ')})`;
    case 'inQuery':
      return `(${show(expr.operand)} ${not}in query)`;
    case 'like':
    case 'regexp':
      return `(${show(expr.operand)} ${not}${expr.kind} ${show(expr.pattern)})`;
    case 'collate':
      return `(${show(expr.operand)} collate ${expr.collation})`;
    case 'dateArithmetic':
      return `(${show(expr.operand)} ${expr.op} ${show(expr.amount)} ${expr.unit})`;
    case 'call':
    case 'aggregate':
      return `${expr.name}(${expr.args.map(show).join(', ')})`;
    case 'case':
      return `case(${[expr.operand, ...expr.branches.flatMap(({ when, result }) => [when, result]), expr.otherwise].map((part) => (part ? show(part) : '-')).join(', ')})`;
    case 'row':
      return `row(${expr.items.map(show).join(', ')})`;
    default:
      return expr.kind;
  }
}
