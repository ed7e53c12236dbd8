import { canonicalJson, type Json, type JsonObject, mergePatch } from '../../src/core/json.ts';
import type { Effect } from '../../src/flow/activation/activation.ts';
import { flowScope, within } from '../../src/flow/activation/deterministic.ts';
import type { AnyStep } from '../../src/flow/commands/commands.ts';
import { runtime } from '../../src/flow/commands/runtime-commands.ts';
import { variantOf } from '../../src/flow/commands/variants.ts';

/** All that a flow depends on, by the number of the activation or the position of the step. */
export interface World {
  attributes(activation: number): JsonObject;
  now(activation: number): number;
  /** What the store or the provider answers, as JSON. */
  result(step: AnyStep, position: number): Json;
  sideEffect(id: string, attempt: number): { fails: boolean; gives: unknown };
}

export interface Told {
  effects: Effect[];
  end: 'completed' | 'failed' | `exit: ${string}`;
  /** Kinds of what the run waited for, one for each activation but the last. */
  waits: string[];
}

/**
 * What a flow does when nothing is ever replayed: it is run once, in memory, and told what the world says. Written for tests
 * to compare with, by the meaning of the commands alone.
 */
export async function oracle(
  flow: (ctx: never, rt: typeof runtime) => Iterator<unknown>,
  world: World,
  runId: number,
): Promise<Told> {
  const told: Told = { effects: [], end: 'completed', waits: [] };
  const scope = flowScope(runId);
  let activation = 0;
  let position = 0;
  let seeded = -1;
  let attributes = world.attributes(0);
  const context = (state: Json) => ({
    id: 'ada',
    enteredAt: new Date(0),
    entry: 1,
    event: null,
    state,
    attributes: new Proxy(
      {} as JsonObject,
      viewOf(() => attributes),
    ),
  });
  const nextActivation = (wait: string) => {
    told.waits.push(wait);
    activation++;
    attributes = world.attributes(activation);
    scope.now = world.now(activation);
  };
  scope.now = world.now(0);
  let generator = flow(context(null) as never, runtime);
  let input: { value?: unknown; error?: Error } = {};
  while (true) {
    let next: IteratorResult<unknown>;
    try {
      next = within(scope, () => {
        if (seeded !== position) scope.atPosition(position);
        seeded = position;
        return input.error ? generator.throw!(input.error) : generator.next(input.value);
      });
    } catch {
      return { ...told, end: 'failed' };
    }
    if (next.done) return told;
    const step = next.value as AnyStep;
    const at = position;
    input = {};
    if (step.kind !== 'inline') position++;
    switch (step.kind) {
      case 'inline':
        input.value = within(scope, () => inline(step.key, scope.now));
        break;
      case 'patch':
        input.value = true;
        break;
      case 'update':
        told.effects.push({ kind: 'update', position: at, patch: step.detail.patch });
        attributes = mergePatch(attributes, step.detail.patch);
        break;
      case 'emit':
        told.effects.push({ kind: 'emit', position: at, ...step.detail });
        break;
      case 'start':
        told.effects.push({ kind: 'start', position: at, campaignId: step.detail.campaignId });
        break;
      case 'exit':
        return { ...told, end: `exit: ${step.detail.reason}` };
      case 'again':
        generator = flow(context(step.detail.state) as never, runtime);
        break;
      case 'run':
        for (let attempt = 1; ; attempt++) {
          const context = { attempt, idempotencyKey: '', signal: new AbortController().signal };
          const [settled] = await Promise.allSettled([step.detail.work(context)]);
          if (settled!.status === 'fulfilled') {
            input.value = settled!.value ?? null;
            break;
          }
          const message = (settled!.reason as Error).message;
          if (attempt > step.detail.retries) {
            input.error = Object.assign(new Error(`the side effect "${step.key}" failed: ${message}`), {
              name: 'SegflowError',
            });
            break;
          }
          nextActivation('retry');
        }
        break;
      default:
        nextActivation(step.kind);
        input.value = meaning(step, world.result(step, at));
    }
  }

  function inline(what: string, now: number): unknown {
    if (what === 'now') return new Date(now);
    if (what === 'random') return Math.random();
    if (what === 'uuid') return crypto.randomUUID();
    return variantOf('ada', what.slice('variant '.length), { a: 1, b: 2, c: 0 });
  }
}

// --- internal ---

function meaning(step: AnyStep, result: Json): unknown {
  switch (step.kind) {
    case 'email':
    case 'member':
    case 'segment':
      return result;
    case 'event':
      return result && withDate(result as JsonObject, 'createdAt');
    case 'query':
      return (result as JsonObject[]).map((row) => ({
        name: row._0,
        n: row._1,
        at: new Date(row._2 as string),
      }));
    case 'race': {
      const { label, value } = result as { label: string; value: Json };
      const branch = step.detail.branches.find(([name]) => name === label)![1];
      return { label, value: meaning(branch, value) };
    }
    default:
      return undefined;
  }
}

function withDate(object: JsonObject, key: string): object {
  return { ...object, [key]: new Date(object[key] as string) };
}

/** Attributes as a flow sees them: copies, keys in their order by name. */
function viewOf(attributes: () => JsonObject): ProxyHandler<JsonObject> {
  const own = (key: string | symbol) => typeof key === 'string' && Object.hasOwn(attributes(), key);
  const value = (key: string) => structuredClone(attributes()[key]);
  return {
    get: (_target, key) => (own(key) ? value(key as string) : Reflect.get(Object.prototype, key)),
    has: (_target, key) => own(key),
    ownKeys: () => Object.keys(attributes()).sort(),
    getOwnPropertyDescriptor: (_target, key) =>
      own(key)
        ? { value: value(key as string), enumerable: true, configurable: true, writable: true }
        : undefined,
  };
}

/** For a message: equal values, equal texts. */
export function textOf(value: unknown): string {
  return canonicalJson(value);
}
