import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { EventRow } from '../../src/engine/ports/users.ts';
import { type Awaits, matches, resolveWait, type WaitFacts } from '../../src/engine/waits/awaits.ts';
import type { TimedPending } from '../../src/flow/commands/pending.ts';

let id = 0;
const event = (name: string, createdAt: number, attributes: JsonObject = {}): EventRow => ({
  id: ++id,
  userId: 'ada',
  name,
  attributes,
  createdAt,
  messageId: null,
});
const facts = (now: number, more: Partial<WaitFacts> = {}): WaitFacts => ({
  now,
  attributes: {},
  events: [],
  members: new Map(),
  ...more,
});
const awaits = (pending: Awaits['pending'], more: Partial<Awaits> = {}): Awaits => ({
  pending,
  since: 100,
  ...more,
});
const forEvent = (until: number | null, match: JsonObject | null = null): TimedPending => ({
  kind: 'event',
  name: 'e',
  match,
  until,
});
const forSegment = (until: number | null): TimedPending => ({ kind: 'segment', segment: 's', until });
const told = (name: string, at: number) => ({ name, attributes: {}, createdAt: new Date(at).toISOString() });

describe('an event', () => {
  test('counts until its deadline, whenever one looks', () => {
    const wait = awaits(forEvent(200));
    expect(resolveWait(wait, facts(150))).toMatchObject({ done: false, until: 200 });
    expect(resolveWait(wait, facts(150, { events: [event('e', 100)] }))).toMatchObject({
      done: true,
      value: told('e', 100),
    });
    expect(resolveWait(wait, facts(900, { events: [event('e', 200)] }))).toMatchObject({
      done: true,
      value: told('e', 200),
    });
    expect(resolveWait(wait, facts(900, { events: [event('e', 201)] }))).toMatchObject({ value: null });
    expect(resolveWait(wait, facts(900, { events: [event('other', 150)] }))).toMatchObject({ value: null });
  });

  test('the first that matches is told', () => {
    const events = [event('e', 110, { n: 1 }), event('e', 120, { n: 2 }), event('e', 130, { n: 2 })];
    expect(resolveWait(awaits(forEvent(null, { n: 2 })), facts(150, { events }))).toMatchObject({
      value: { attributes: { n: 2 }, createdAt: new Date(120).toISOString() },
      passed: { afterEvent: events[1]!.id, afterTime: null },
    });
  });

  test('of several the one with the least id is told, whatever their times', () => {
    const events = [event('e', 140), event('e', 120)];
    expect(resolveWait(awaits(forEvent(null)), facts(150, { events }))).toMatchObject({
      value: told('e', 140),
    });
  });

  test('from a clock that is ahead does not put the decision off', () => {
    expect(resolveWait(awaits(forEvent(null)), facts(150, { events: [event('e', 160)] })).done).toBe(true);
  });
});

describe('a segment', () => {
  test('one is in already, came into, or was in for a while', () => {
    const wait = awaits(forSegment(200));
    expect(resolveWait(wait, facts(150)).done).toBe(false);
    expect(resolveWait(wait, facts(150, { members: new Map([['s', 5]]) }))).toEqual({
      done: true,
      value: true,
      at: 100,
      passed: {},
    });
    expect(resolveWait(wait, facts(900, { members: new Map([['s', 150]]) }))).toMatchObject({ value: true });
    expect(resolveWait(wait, facts(900, { members: new Map([['s', 201]]) }))).toEqual({
      done: true,
      value: false,
      at: 200,
      passed: { afterTime: 200 },
    });
    expect(resolveWait({ ...wait, entered: { s: { at: 150, afterEvent: 7 } } }, facts(900))).toEqual({
      done: true,
      value: true,
      at: 150,
      passed: { afterEvent: 7, afterTime: null },
    });
  });
});

describe('a race', () => {
  const race = (branches: Record<string, TimedPending>) => awaits({ kind: 'race', branches });

  test('is won by what came first, not by what is looked at first', () => {
    const wait = race({
      late: { kind: 'wait', until: 180 },
      event: forEvent(null),
      segment: forSegment(170),
    });
    const events = [event('e', 160)];
    expect(resolveWait(wait, facts(150))).toMatchObject({ done: false, until: 170 });
    expect(resolveWait(wait, facts(900, { events }))).toMatchObject({
      value: { label: 'event', value: told('e', 160) },
    });
    expect(resolveWait(wait, facts(900))).toMatchObject({ value: { label: 'segment', value: false } });
    expect(
      resolveWait(wait, facts(900, { events: [event('e', 200)], members: new Map([['s', 190]]) })),
    ).toMatchObject({
      value: { label: 'segment', value: false },
    });
  });

  test('that ends in a draw is won by the branch named first', () => {
    const wait = race({ a: { kind: 'wait', until: 180 }, b: { kind: 'wait', until: 180 } });
    expect(resolveWait(wait, facts(180))).toMatchObject({ value: { label: 'a' } });
  });

  test('moves the deadlines of its times of day with the user', () => {
    const noon: TimedPending = {
      kind: 'daytime',
      until: Date.parse('2026-06-01T12:00:00Z'),
      time: '12:00',
      weekdays: null,
      timezone: null,
    };
    const wait = race({ noon, event: forEvent(null) });
    const moved = resolveWait(
      wait,
      facts(Date.parse('2026-06-01T00:00:00Z'), { attributes: { timezone: 'Asia/Kathmandu' } }),
    );
    const until = Date.parse('2026-06-01T06:15:00Z');
    expect(moved).toMatchObject({
      done: false,
      until,
      awaits: { pending: { branches: { noon: { until }, event: { kind: 'event' } } } },
    });
  });
});

test('a match is a part of the attributes, compared by value', () => {
  const attributes = { plan: 'pro', items: [{ id: 1 }], address: { city: 'Ulm', zip: 1 } };
  for (const match of [{}, { plan: 'pro' }, { items: [{ id: 1 }] }, { address: { city: 'Ulm' } }]) {
    expect(matches(attributes, match)).toBe(true);
  }
  for (const match of [
    { plan: 'Pro' },
    { none: null },
    { items: [] },
    { address: { city: 'Bonn' } },
    { plan: { pro: 1 } },
  ]) {
    expect(matches(attributes, match as JsonObject)).toBe(false);
  }
});
