import { canonicalJson, type Json, type JsonObject } from '../core/json.ts';

/**
 * A user's attributes as a flow sees them, and the record of what it looked at. In a replayed activation an attribute has the value
 * recorded then or last before; failing that the first value recorded later; failing that (no activation so far has looked)
 * the current one. In the live activation it has the current value, and what differs from the last record is noted.
 *
 * Each activation sees its own copy of lists and objects: what a flow does to one does not leak into the next.
 */
export class AttributeView {
  /** What the flow gets. Read-only: writing to it throws. */
  readonly proxy: JsonObject;
  private readonly current: JsonObject;
  /** Values recorded up to the present activation; null for an absent attribute. */
  private readonly recorded = new Map<string, Json>();
  private readonly laterRecord: (key: string) => Json | undefined;
  /** Values given out in the present activation. */
  private readonly given = new Map<string, Json | undefined>();
  private live = false;
  private seen: Record<string, Json> | undefined;

  /** @param laterRecord finds the first value of a key recorded after the present activation. */
  constructor(current: JsonObject, laterRecord: (key: string) => Json | undefined) {
    this.current = current;
    this.laterRecord = laterRecord;
    this.proxy = new Proxy<JsonObject>(
      { ...current },
      {
        get: (_target, key) =>
          typeof key === 'string' ? (this.read(key) ?? inherited(key)) : Reflect.get(Object.prototype, key),
        has: (_target, key) => typeof key === 'string' && this.read(key) !== undefined,
        ownKeys: () => this.keys(),
        getOwnPropertyDescriptor: (_target, key) => {
          const value = typeof key === 'string' ? this.read(key) : undefined;
          if (value === undefined) return undefined;
          return { value, writable: true, enumerable: true, configurable: true };
        },
        set: (_target, key) => refuseWrite(key),
        deleteProperty: (_target, key) => refuseWrite(key),
        defineProperty: (_target, key) => refuseWrite(key),
      },
    );
  }

  /** The next activation begins, a replayed one. */
  beginReplayed(): void {
    this.given.clear();
  }

  /** The activation's "!" record. */
  addRecorded(values: JsonObject): void {
    for (const key of Object.keys(values)) this.recorded.set(key, values[key]!);
  }

  /** The activation under way begins: from here on reads are noted. */
  beginLive(): void {
    this.given.clear();
    this.live = true;
  }

  /** What the live activation is to record, if anything. */
  noted(): Record<string, Json> | undefined {
    return this.seen;
  }

  private read(key: string): Json | undefined {
    if (this.given.has(key)) return this.given.get(key);
    // JSON.stringify asks every object for it: not worth a record.
    if (key === 'toJSON' && this.currentValue(key) === null) return undefined;
    const value = this.live ? this.readLive(key) : this.readReplayed(key);
    this.given.set(key, value);
    return value;
  }

  private readLive(key: string): Json | undefined {
    const value = this.currentValue(key);
    const last = this.recorded.get(key);
    if (last === undefined || !equal(last, value)) {
      this.seen ??= Object.create(null) as Record<string, Json>;
      // A copy: the flow may change the one it gets.
      this.seen[key] = copy(value);
    }
    return value === null ? undefined : copy(value);
  }

  private readReplayed(key: string): Json | undefined {
    let value = this.recorded.get(key);
    if (value === undefined) value = this.laterRecord(key);
    if (value === undefined) value = this.currentValue(key);
    return value === null ? undefined : copy(value);
  }

  private keys(): string[] {
    const known = [...this.recorded.keys()];
    const keys = this.live ? [...new Set([...known, ...Object.keys(this.current)])] : known;
    // Sorted: the order must not depend on which was recorded first.
    return keys.filter((key) => this.read(key) !== undefined).sort();
  }

  private currentValue(key: string): Json {
    return Object.hasOwn(this.current, key) ? (this.current[key] ?? null) : null;
  }
}

/** toString and the like, for an attribute that is absent. */
function inherited(key: string): Json | undefined {
  return key in Object.prototype ? Reflect.get(Object.prototype, key) : undefined;
}

function copy<T extends Json>(value: T): T {
  return typeof value === 'object' && value !== null ? (structuredClone(value) as T) : value;
}

function equal(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function refuseWrite(key: string | symbol): never {
  throw new TypeError(
    `ctx.attributes is read-only: it cannot take "${String(key)}". A flow only reads attributes; ` +
      'change them with `segflow add` or the SDK.',
  );
}
