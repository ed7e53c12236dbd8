/** A JSON path, such as `$.address."zip code"[0]`. */
export interface JsonPath {
  /** As written. */
  text: string;
  legs: JsonLeg[];
}

export type JsonLeg =
  | { kind: 'key'; name: string }
  | { kind: 'index'; index: number }
  /** `[last]` is 0 back, `[last-1]` 1. */
  | { kind: 'last'; back: number }
  /** `.*`, `[*]`, `**`, and ranges such as `[0 to 2]`. */
  | { kind: 'anyKey' | 'anyIndex' | 'anyDepth' }
  | { kind: 'range'; from: string; to: string };

/** Without wildcards and ranges: it names one value at most. */
export function isPlainPath({ legs }: JsonPath): boolean {
  return legs.every(({ kind }) => kind === 'key' || kind === 'index' || kind === 'last');
}
