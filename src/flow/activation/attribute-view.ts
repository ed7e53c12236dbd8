import { canonicalJson, type Json, type JsonObject, mergePatch } from '../../core/json.ts';

/**
 * A user's attributes as a flow sees them, and the record of the attributes that it read.
 *
 * In a replayed activation, an attribute has the value recorded in that activation or last before
 * it. If there is none, it has the first value recorded later. If no activation has read it, it has
 * the current value. In the live activation, it has the current value, and differences from the
 * last record are noted.
 *
 * Changes that the flow makes in an activation override these values, until the next activation
 * finds the changes among the attributes.
 *
 * Each activation sees its own copy of lists and objects: changing one does not affect the next
 * activation.
 */
export class AttributeView {
  /** The object that the flow gets. Read-only: writing to it throws. */
  readonly proxy: JsonObject;
  /**
   * Attributes read in replayed activations that have no recorded value: the flow got the current
   * value.
   */
  readonly guessed = new Set<string>();
  private readonly current: JsonObject;
  /** Values recorded up to the current activation; null for an absent attribute. */
  private readonly recorded = new Map<string, Json>();
  private readonly laterRecord: (key: string) => Json | undefined;
  /** Values given to the flow in the current activation. */
  private readonly given = new Map<string, Json | undefined>();
  /** Merge patches made in the current activation. Values that they supply are not recorded. */
  private patches: JsonObject[] = [];
  private live = false;
  private seen: Record<string, Json> | undefined;

  /** @param laterRecord finds a key's first value recorded after the current activation. */
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

  /** The next replayed activation begins. */
  beginReplayed(): void {
    this.given.clear();
    this.patches = [];
  }

  /** The activation's "!" record. */
  addRecorded(values: JsonObject): void {
    for (const key of Object.keys(values)) this.recorded.set(key, values[key]!);
  }

  /** The live activation begins: from here on, reads are noted. */
  beginLive(): void {
    this.given.clear();
    this.patches = [];
    this.live = true;
  }

  /** The flow changes the user's attributes. */
  patch(patch: JsonObject): void {
    this.patches.push(patch);
    for (const key of Object.keys(patch)) this.given.delete(key);
  }

  /**
   * All current attributes, including the current activation's changes. For the live activation.
   * Reading them is not noted.
   */
  present(): JsonObject {
    return this.patches.reduce(mergePatch, this.current);
  }

  /** The values that the live activation must record, if any. */
  noted(): Record<string, Json> | undefined {
    return this.seen;
  }

  private read(key: string): Json | undefined {
    if (this.given.has(key)) return this.given.get(key);
    // JSON.stringify reads this property of every object; not worth a record.
    if (key === 'toJSON' && this.currentValue(key) === null) return undefined;
    const value = this.patched(key, this.live ? this.readLive(key) : this.readReplayed(key));
    this.given.set(key, value);
    return value;
  }

  private patched(key: string, value: Json | undefined): Json | undefined {
    let object: JsonObject | undefined;
    for (const patch of this.patches) {
      if (!Object.hasOwn(patch, key)) continue;
      object ??= value === undefined ? {} : single(key, value);
      object = mergePatch(object, single(key, patch[key]!));
    }
    if (!object) return value;
    return Object.hasOwn(object, key) ? copy(object[key]!) : undefined;
  }

  private readLive(key: string): Json | undefined {
    const value = this.currentValue(key);
    const last = this.recorded.get(key);
    if (last === undefined || !equal(last, value)) {
      this.seen ??= Object.create(null) as Record<string, Json>;
      // A copy, because the flow may change it.
      this.seen[key] = copy(value);
    }
    return value === null ? undefined : copy(value);
  }

  private readReplayed(key: string): Json | undefined {
    let value = this.recorded.get(key);
    if (value === undefined) value = this.laterRecord(key);
    if (value === undefined) {
      value = this.currentValue(key);
      this.guessed.add(key);
    }
    return value === null ? undefined : copy(value);
  }

  private keys(): string[] {
    const known = [...this.recorded.keys(), ...this.patches.flatMap((patch) => Object.keys(patch))];
    const keys = this.live ? [...new Set([...known, ...Object.keys(this.current)])] : [...new Set(known)];
    // Sorted, so that the order does not depend on which was recorded first.
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

/** An object with only this property, whatever its name (`__proto__`, too). */
function single(key: string, value: Json): JsonObject {
  return Object.defineProperty({}, key, { value, writable: true, enumerable: true, configurable: true });
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
      'change them with rt.updateUser().',
  );
}
