import type { ComparisonOperator, Expr } from '../ast.ts';
import type { Collation } from '../sql-type.ts';
import { mixed, weightOf } from '../types/collations.ts';
import { asText } from './convert.ts';
import { storedAt } from './json-access.ts';
import { constantText, type Printing, quoted, resolved, unsupported } from './printing.ts';
import { COLLATIONS, isPrintable } from './values/collation.ts';

/** The collation for comparing texts. */
export function mixedCollation(p: Printing, exprs: Expr[]): Collation {
  const collation = mixed(exprs.map(({ type }) => weightOf(type)))?.collation ?? 'utf8mb4_bin';
  if (!Object.hasOwn(COLLATIONS, collation)) {
    throw unsupported(`the collation ${collation}`, {
      at: exprs[0]!.at,
      why: 'it has utf8mb4_bin, utf8mb4_0900_bin, utf8mb4_0900_as_cs, utf8mb4_0900_as_ci and utf8mb4_0900_ai_ci',
      text: p.text,
    });
  }
  return collation;
}

export function compareTexts(p: Printing, op: ComparisonOperator, [left, right]: [Expr, Expr]): string {
  const collation = mixedCollation(p, [left, right]);
  const equality = op === '=' || op === '<>';
  if (collation === 'utf8mb4_bin') {
    if (isTrimmed(left) && isTrimmed(right)) {
      return `${trimmedText(p, left)} ${op} ${trimmedText(p, right)}`;
    }
    if (equality) {
      const [access, constant] = constantText(right) === undefined ? [right, left] : [left, right];
      return (
        againstLiteral(p, op, [access, constant]) ??
        `(${asText(p, left)}) collate rtrim ${op} (${asText(p, right)})`
      );
    }
  } else if (collation === 'utf8mb4_0900_bin' || collation === 'binary') {
    return `(${asText(p, left)}) ${op} (${asText(p, right)})`;
  } else if (equality && (collation === 'connection' || collation === 'utf8mb4_0900_as_cs')) {
    const constant = constantText(left) ?? constantText(right);
    if (constant !== undefined && isPrintable(constant))
      return `(${asText(p, left)}) ${op} (${asText(p, right)})`;
  }
  return `my_text_cmp(${asText(p, left)}, ${asText(p, right)}, '${collation}') ${op} 0`;
}

/** `operand in (literals)`; undefined when each literal must be compared separately. */
export function textIn(p: Printing, operand: Expr, list: Expr[]): string | undefined {
  const collation = mixedCollation(p, [operand, ...list]);
  if (collation !== 'utf8mb4_bin') return undefined;
  const texts = list.map(constantText);
  if (texts.includes(undefined)) return undefined;
  const items = texts.map((text) => quoted(withoutPadding(text!)));
  if (isTrimmed(operand)) return `(${p.expr(operand)}) in (${items.join(', ')})`;
  const plain = texts.every((text) => onlyStrings(text!)) ? plainText(p, operand) : undefined;
  return `(${plain ?? asText(p, operand)}) collate rtrim in (${items.join(', ')})`;
}

/**
 * Compares `->>` of a stored value with a text that only a string can equal, so SQLite's texts of
 * other values do not matter.
 */
function againstLiteral(p: Printing, op: '=' | '<>', [left, right]: [Expr, Expr]): string | undefined {
  const text = constantText(right);
  if (text === undefined || !onlyStrings(text)) return undefined;
  const plain = plainText(p, left);
  return plain && `(${plain}) collate rtrim ${op} ${quoted(withoutPadding(text))}`;
}

/** The text of a stored string; other values give some other text, and a missing value NULL. */
function plainText(p: Printing, expr: Expr): string | undefined {
  const access = resolved(expr);
  if (access.kind !== 'json' || !access.unquote) return undefined;
  const stored = storedAt(p, access);
  // SQLite gives NULL for JSON's null; in MySQL it is the text null.
  return stored && `coalesce(${stored.doc} ->> ${stored.path}, ${stored.doc} -> ${stored.path})`;
}

/** Whether no number, boolean, null, array or object has this text. */
function onlyStrings(text: string): boolean {
  return !/^(?:[-\d[{]|(?:true|false|null) *$)/.test(text);
}

/**
 * Whether a value never ends with spaces: ids and names never do, and literals are written without
 * trailing spaces.
 */
export function isTrimmed(expr: Expr): boolean {
  const found = resolved(expr);
  if (constantText(found) !== undefined) return true;
  if (found.kind !== 'column' || found.source.kind !== 'table') return false;
  const { source, column } = found.source;
  if (source.kind === 'table' && source.cte === undefined) return TRIMMED.has(column.name.toLowerCase());
  return column.exprs.length > 0 && column.exprs.every(isTrimmed);
}

/** Columns of Segflow's tables with ids, names and fixed words. */
const TRIMMED: ReadonlySet<string> = new Set([
  ...[
    'id',
    'user_id',
    'name',
    'segment_id',
    'campaign_id',
    'deployment_id',
    'template',
    'status',
    'behavior',
  ],
  'journal_hash',
]);

function trimmedText(p: Printing, expr: Expr): string {
  const text = constantText(expr);
  return text === undefined ? p.expr(expr) : quoted(withoutPadding(text));
}

function withoutPadding(text: string): string {
  return text.replace(/ +$/, '');
}

/**
 * A key for grouping and sorting: keys are equal, or in order, where the collation says that the
 * texts are.
 */
export function collated(p: Printing, expr: Expr): string {
  const value = p.expr(expr);
  if (expr.type.kind !== 'text' || isTrimmed(expr)) return value;
  return expr.type.collation === 'utf8mb4_bin' ? `(${value}) collate rtrim` : value;
}
