/* How MySQL's collations compare two texts: negative, 0 or positive. */

export type Compare = (a: string, b: string) => number;

/** By code point; utf8mb4_0900_bin and binary. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return fixed(x) - fixed(y);
  }
  return a.length - b.length;
}

/** By code point, with the shorter text padded with spaces; utf8mb4_bin. */
export function comparePadded(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return fixed(x) - fixed(y);
  }
  for (let i = shared; i < a.length; i++)
    if (a.charCodeAt(i) !== SPACE) return fixed(a.charCodeAt(i)) - SPACE;
  for (let i = shared; i < b.length; i++)
    if (b.charCodeAt(i) !== SPACE) return SPACE - fixed(b.charCodeAt(i));
  return 0;
}

const SPACE = 32;

/** Compares UTF-16 units in the order of code points: surrogates come after U+FFFF. */
function fixed(unit: number): number {
  return unit < 0xd800 ? unit : unit <= 0xdfff ? unit + 0x10000 : unit;
}

const PRINTABLE = /^[ -~]*$/;
const withCase = new Intl.Collator('und', { sensitivity: 'variant' });

/**
 * utf8mb4_0900_as_cs, the connection's collation: by the Unicode Collation Algorithm, with accents
 * and case, not padded.
 */
function compareWithCase(a: string, b: string): number {
  // Printable ASCII texts are equal only if they are identical.
  if (a === b) return 0;
  return withCase.compare(a, b);
}

/** Whether equality under the connection's collation is equality of the texts' bytes. */
export function isPrintable(text: string): boolean {
  return PRINTABLE.test(text);
}

/** The collations that the embedded store has, by name. */
export const COLLATIONS: Record<string, Compare> = {
  connection: compareWithCase,
  utf8mb4_0900_as_cs: compareWithCase,
  utf8mb4_bin: comparePadded,
  utf8mb4_0900_bin: compareCodePoints,
  binary: compareCodePoints,
  utf8mb4_0900_as_ci: new Intl.Collator('und', { sensitivity: 'accent' }).compare,
  utf8mb4_0900_ai_ci: new Intl.Collator('und', { sensitivity: 'base' }).compare,
};
