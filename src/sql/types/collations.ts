import type { Coercibility, Collation, SqlType } from '../sql-type.ts';

/** How a text is compared, and the strength of its collation. */
export interface Weighted {
  collation: Collation;
  coercibility: Coercibility;
}

/** For literals and parameters. */
export const LITERAL: Weighted = { collation: 'connection', coercibility: 4 };
/** For `->>`. */
export const FROM_JSON: Weighted = { collation: 'utf8mb4_bin', coercibility: 4 };

export function textType({ collation, coercibility }: Weighted): SqlType {
  return { kind: 'text', collation, coercibility };
}

/** The collation of a value that is used as text. */
export function weightOf(type: SqlType): Weighted {
  switch (type.kind) {
    case 'text':
      return type;
    case 'json':
      return { collation: 'utf8mb4_bin', coercibility: 2 };
    case 'null':
      return { collation: 'connection', coercibility: 6 };
    default:
      return { collation: 'connection', coercibility: 5 };
  }
}

/**
 * The collation for comparing several texts; undefined when MySQL has none ("illegal mix of
 * collations").
 */
export function mixed(list: Weighted[]): Weighted | undefined {
  const strongest = Math.min(...list.map(({ coercibility }) => coercibility)) as Coercibility;
  const deciding = [
    ...new Set(list.filter((it) => it.coercibility === strongest).map(({ collation }) => collation)),
  ];
  const [first = 'connection'] = deciding;
  const coercibility: Coercibility = strongest > 4 ? 4 : strongest;
  if (deciding.length <= 1) return { collation: first, coercibility };
  // A collation by code point (`binary`, `…_bin`) wins over others.
  const binary = deciding.filter(isBinary);
  if (strongest === 0 || binary.length !== 1) return undefined;
  return { collation: binary[0]!, coercibility };
}

function isBinary(collation: Collation): boolean {
  return collation === 'binary' || collation.endsWith('_bin');
}
