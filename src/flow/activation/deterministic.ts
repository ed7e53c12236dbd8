import { hash53 } from '../../core/hash.ts';

/**
 * Time and randomness as a flow sees them. The clock stands still at the activation's time, and
 * random numbers are a function of the run and the position, so a replay sees the same values as
 * the first activation. Random bytes made in a flow are therefore predictable to anyone who knows
 * the run's id: do not use them as secrets.
 *
 * The globals are replaced while a flow runs, which is one synchronous stretch, and restored
 * afterwards. References that a module keeps (`const now = Date.now` at its top level, imports of
 * node:crypto) are not replaced.
 */
export interface FlowScope {
  /** The time on the flow's clock, epoch milliseconds. */
  now: number;
  /** Starts the random numbers that follow `position` commands. */
  atPosition(position: number): void;
}

/** Calls `work` with the globals replaced, and always restores them. */
export function deterministically<T>(runId: number, work: (scope: FlowScope) => T): T {
  const scope = flowScope(runId);
  return within(scope, () => work(scope));
}

/** A scope that can be entered several times; code that runs in between sees the real globals. */
export function flowScope(runId: number): FlowScope {
  return new Scope(runId);
}

/** Calls `work` in a `flowScope`, and always restores the globals. */
export function within<T>(scope: FlowScope, work: () => T): T {
  const outer = current;
  current = scope as Scope;
  if (!outer) install();
  try {
    return work();
  } finally {
    current = outer;
    if (!outer) restore();
  }
}

/** Restores the globals after work within a scope was interrupted and could not restore them. */
export function abandonScope(): void {
  if (!current) return;
  current = undefined;
  restore();
}

// --- internal ---

class Scope implements FlowScope {
  now = 0;
  position = 0;
  readonly runId: number;
  random: (() => number) | undefined;

  constructor(runId: number) {
    this.runId = runId;
  }

  atPosition(position: number): void {
    this.position = position;
    this.random = undefined;
  }
}

let current: Scope | undefined;

const RealDate = globalThis.Date;
const flowNow = () => current?.now ?? RealDate.now();

/** Shares its prototype with the real Date, so `instanceof` works both ways. */
const FlowDate = function FlowDate(this: unknown, ...args: unknown[]) {
  if (!new.target) return new RealDate(flowNow()).toString();
  return Reflect.construct(
    RealDate,
    args.length === 0 ? [flowNow()] : args,
    (new.target as unknown) === FlowDate ? RealDate : new.target,
  );
} as unknown as DateConstructor;
Object.defineProperties(FlowDate, {
  ...Object.getOwnPropertyDescriptors(RealDate),
  name: { value: 'Date', configurable: true },
  now: { value: flowNow, writable: true, configurable: true },
});

interface Replacement {
  target: object;
  property: string;
  value: unknown;
  original?: unknown;
}

const replacements: Replacement[] = [
  { target: globalThis, property: 'Date', value: FlowDate },
  { target: Math, property: 'random', value: () => fraction() },
  // On the prototype, because removing an own property would slow the object down permanently.
  { target: Object.getPrototypeOf(crypto), property: 'getRandomValues', value: fillRandom },
  { target: Object.getPrototypeOf(crypto), property: 'randomUUID', value: randomUuid },
  { target: performance, property: 'now', value: () => flowNow() - performance.timeOrigin },
  ...temporalReplacements(),
];

function install(): void {
  for (const item of replacements) {
    item.original = Reflect.get(item.target, item.property);
    Reflect.set(item.target, item.property, item.value);
  }
}

function restore(): void {
  for (const { target, property, original } of replacements) Reflect.set(target, property, original);
}

/** Two 32-bit draws provide the 53 bits of a double. */
function fraction(): number {
  return ((draw() >>> 5) * 67_108_864 + (draw() >>> 6)) / 9_007_199_254_740_992;
}

function fillRandom<T extends ArrayBufferView | null>(view: T): T {
  if (!ArrayBuffer.isView(view)) throw new TypeError('getRandomValues takes an integer typed array');
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let i = 0; i < bytes.length; i++) bytes[i] = draw();
  return view;
}

function randomUuid(): string {
  const bytes = fillRandom(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function draw(): number {
  if (!current) throw new Error('random numbers of a flow were requested outside of the flow');
  current.random ??= generator(`${current.runId}:${current.position}`);
  return current.random();
}

/**
 * sfc32 (PractRand, public domain). Its outputs are part of every run's history, so it must never
 * change.
 */
function generator(seed: string): () => number {
  const low = hash53(seed);
  const high = hash53(seed, 1);
  let a = Number.parseInt(low.slice(6), 16) | 0;
  let b = Number.parseInt(high.slice(6), 16) | 0;
  let c = Number.parseInt(low.slice(0, 6) + high.slice(4, 6), 16) | 0;
  let counter = 1;
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

function temporalReplacements(): Replacement[] {
  // Not in every lib.dom yet, nor in every runtime.
  const temporal = (globalThis as { Temporal?: TemporalLike }).Temporal;
  if (!temporal) return [];
  const instant = () => temporal.Instant.fromEpochMilliseconds(flowNow());
  const zoned = (zone: unknown = 'UTC') => instant().toZonedDateTimeISO(zone);
  const methods = {
    instant,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone?: unknown) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone?: unknown) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone?: unknown) => zoned(zone).toPlainTime(),
  };
  return Object.entries(methods).map(([property, value]) => ({ target: temporal.Now, property, value }));
}

interface TemporalLike {
  Now: object;
  Instant: {
    fromEpochMilliseconds(ms: number): {
      toZonedDateTimeISO(zone: unknown): {
        toPlainDateTime(): unknown;
        toPlainDate(): unknown;
        toPlainTime(): unknown;
      };
    };
  };
}
