/** A JSON path, such as `$.address."zip code"[0]`. */
export interface JsonPath {
  /** As written. */
  text: string;
  legs: JsonLeg[];
}

export type JsonLeg =
  | { kind: 'key'; name: string }
  | { kind: 'index'; index: number }
  /** `[last]` is 0 from the end, `[last-1]` is 1. */
  | { kind: 'last'; back: number }
  /** `.*`, `[*]`, `**`, and ranges such as `[0 to 2]`. */
  | { kind: 'anyKey' | 'anyIndex' | 'anyDepth' }
  | { kind: 'range'; from: string; to: string };

/** No wildcards and no ranges: the path names at most one value. */
export function isPlainPath({ legs }: JsonPath): boolean {
  return legs.every(({ kind }) => kind === 'key' || kind === 'index' || kind === 'last');
}
