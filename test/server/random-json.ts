/** A deterministic source of numbers from 0 to 1 (mulberry32), so that a failure can be repeated by its seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(next: () => number, items: readonly T[]): T {
  return items[Math.floor(next() * items.length)]!;
}

const TEXTS = [
  '',
  'a',
  'käthe',
  '😀',
  'two words',
  '"quoted"',
  'back\\slash',
  'line\nfeed',
  ':{}[],',
  '\u2028',
  ' x',
];
const KEYS = ['a', 'b', 'c', 'name', 'constructor', 'toString', '', 'x:y', '"', 'ü', '0', '-1'];
const NUMBERS = [0, -0, 1, -1, 1.5, 1e-9, 99.99, 9007199254740991, -9007199254740991, 1e15];

/** Any JSON value that the server accepts. */
export function randomJson(next: () => number, depth = 0): unknown {
  const kind = Math.floor(next() * (depth > 5 ? 4 : 6));
  if (kind === 0) return pick(next, TEXTS);
  if (kind === 1) return pick(next, NUMBERS);
  if (kind === 2) return next() < 0.5;
  if (kind === 3) return null;
  const length = Math.floor(next() * 4);
  if (kind === 4) return Array.from({ length }, () => randomJson(next, depth + 1));
  return Object.fromEntries(Array.from({ length }, () => [pick(next, KEYS), randomJson(next, depth + 1)]));
}

/** The same value as another sender may write it: spaces, line feeds, escapes, exponents. */
export function writeJson(next: () => number, value: unknown): string {
  const gap = () => pick(next, ['', '', ' ', '\n\t', '\r\n']);
  if (Array.isArray(value)) {
    return `[${gap()}${value.map((item) => writeJson(next, item)).join(`${gap()},${gap()}`)}${gap()}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([key, item]) => `${writeText(next, key)}${gap()}:${gap()}${writeJson(next, item)}`,
    );
    return `{${gap()}${fields.join(`${gap()},${gap()}`)}${gap()}}`;
  }
  return typeof value === 'string' ? writeText(next, value) : JSON.stringify(value);
}

function writeText(next: () => number, text: string): string {
  if (next() < 0.5) return JSON.stringify(text);
  let escaped = '';
  for (let i = 0; i < text.length; i++) escaped += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`;
  return `"${escaped}"`;
}
