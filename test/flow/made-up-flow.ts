import { count, eq } from 'drizzle-orm';
import type { UserContext } from '../../src/config/types.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { TimedCommand } from '../../src/flow/commands/commands.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { events } from '../../src/schema/index.ts';
import { seeded } from './drive.ts';

export const KEYS = ['plan', 'city', 'tags', '__proto__', 'n', 'prefs'];

/** What the side effects of a made-up flow do: whether an attempt fails, and what it gives. */
export type SideEffects = (id: string, attempt: number) => { fails: boolean; gives: unknown };

/**
 * A flow made up from `seed`, over every command, whose way depends on attributes, time, chance and what it is told. All it sees
 * goes into `trace`, which begins anew with the flow.
 */
export function madeUpFlow(seed: number, trace: unknown[], sideEffects: SideEffects) {
  return function* (ctx: UserContext<JsonObject>, rt: Runtime): Generator<unknown, void, never> {
    trace.length = 0;
    trace.push(ctx.state, ctx.entry, ctx.event);
    const passage = (ctx.state as { passage: number } | null)?.passage ?? 0;
    const pick = seeded(seed * 31 + passage);
    const among = <T>(items: readonly T[]) => items[Math.floor(pick() * items.length)]!;
    const length = Math.floor(pick() * 18);
    for (let i = 0; i < length; i++) {
      const key = among(KEYS);
      const look = pick();
      if (look < 0.12) trace.push(JSON.stringify(ctx.attributes));
      else if (look < 0.4) trace.push(key, structuredClone(ctx.attributes[key]), key in ctx.attributes);
      else if (look < 0.55) trace.push(Math.random(), Date.now());
      const odd = typeof ctx.attributes.n === 'number' && ctx.attributes.n % 2 === 1;
      const options = pick() < 0.2 ? { id: `#${i} of /${seed}` } : {};
      const waits: Record<string, () => TimedCommand> = {
        wait: () => rt.wait({ hours: odd ? 1 : Math.floor(Math.random() * 100) }, options),
        sleep: () => rt.sleep({ days: i }),
        until: () => rt.sleepUntil(new Date(Date.now() + 5000), options),
        daytime: () => rt.waitUntil({ time: '09:30', weekdays: ['mon', 'fri'], timezone: 'Europe/Berlin' }),
        event: () => rt.waitForEvent(odd ? 'odd' : 'purchase', { timeout: { days: 2 }, match: { n: i } }),
        segment: () => rt.waitForSegment(`vip ${i}`, options),
      };
      const pause = among(Object.keys(waits));
      switch (among(COMMANDS)) {
        case 'wait':
          trace.push(yield waits[pause]!());
          break;
        case 'race':
          trace.push(yield* rt.race({ [pause]: waits[pause]!(), late: rt.wait({ days: 1 }) }, options));
          break;
        case 'email':
          trace.push(
            yield* rt.sendEmail(odd ? 'odd one' : 'even', { ...options, props: { i }, subject: 'x' }),
          );
          break;
        case 'member':
          if (yield* rt.inSegment('vip')) trace.push('vip');
          break;
        case 'query':
          trace.push(
            yield* rt.query((db, userId) =>
              db
                .select({ name: events.name, n: count(), at: events.createdAt })
                .from(events)
                .where(eq(events.userId, userId))
                .groupBy(events.name, events.createdAt),
            ),
          );
          break;
        case 'update':
          yield rt.updateUser({ [among(KEYS)]: odd ? null : { deep: i }, n: i }, options);
          trace.push(JSON.stringify(ctx.attributes));
          break;
        case 'emit':
          yield* rt.emit('made up', { i, odd });
          break;
        case 'start':
          yield rt.startCampaign('other');
          break;
        case 'run':
          try {
            trace.push(
              yield* rt.run(
                `hook ${i}`,
                async ({ attempt }) => {
                  const { fails, gives } = sideEffects(`${passage}.${i}`, attempt);
                  if (attempt % 2 === 0) await Promise.resolve();
                  if (fails) throw new Error(`attempt ${attempt}`);
                  return gives;
                },
                { retries: i % 3 },
              ),
            );
          } catch (error) {
            trace.push(String(error));
          }
          break;
        case 'inline':
          trace.push(yield* rt.now(), yield* rt.random(), yield* rt.uuid());
          trace.push(yield* rt.variant(`experiment ${i}`, { a: 1, b: 2, c: 0 }));
          break;
        case 'patched':
          trace.push(yield* rt.patched(`change ${i}`));
          break;
        case 'rare':
          if (pick() < 0.15) yield* rt.exit(`at ${i}`);
          if (pick() < 0.4 && passage < 3)
            yield rt.continueAsNew({ passage: passage + 1, trace: trace.length });
          break;
      }
    }
    if (pick() < 0.15) throw new Error('made up');
  };
}

// --- internal ---

const COMMANDS = [
  'wait',
  'wait',
  'wait',
  'race',
  'email',
  'email',
  'member',
  'query',
  'update',
  'update',
  'emit',
  'start',
  'run',
  'inline',
  'patched',
  'rare',
] as const;
