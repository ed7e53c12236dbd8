import { describe, expect, test } from 'bun:test';
import { comparedValues } from '../../src/testing/compared-values.ts';
import { parseSample } from '../../src/testing/sample-file.ts';
import { samplePeople } from '../../src/testing/sample-people.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const compared = comparedValues(
  [
    {
      sql: "select `id` from `users` where `users`.`attributes`->'$.plan' = ? or `users`.`attributes`->'$.age' > 30",
      params: ['pro'],
    },
  ],
  [{ id: 'order', event: 'purchase' }],
);
const options = { users: 300, start: START, end: START + 30 * 24 * HOUR, stepMs: HOUR, seed: 1 };

describe('made-up people', () => {
  const happenings = samplePeople(compared, options);
  const users = happenings.filter((it) => it.kind === 'user');

  test('are the same for the same seed', () => {
    expect(samplePeople(compared, options)).toEqual(happenings);
    expect(samplePeople(compared, { ...options, seed: 2 })).not.toEqual(happenings);
  });

  test('have and lack what segments ask about', () => {
    expect(users).toHaveLength(300);
    const plans = new Set(users.map(({ attributes }) => attributes.plan === 'pro'));
    expect(plans.size).toBe(2);
    const ages = users.map(({ attributes }) => Number(attributes.age));
    expect(ages.some((age) => age > 30) && ages.some((age) => age < 30)).toBe(true);
    expect(new Set(users.map(({ attributes }) => attributes.email)).size).toBe(300);
  });

  test('do things on whole steps, after they joined and before the end', () => {
    const joined = new Map(users.map(({ userId, at }) => [userId, at]));
    expect(
      happenings.filter(({ at, userId }) => at < joined.get(userId)! || at >= options.end || at % HOUR !== 0),
    ).toEqual([]);
    expect(users.filter(({ at }) => at === START).length).toBeGreaterThanOrEqual(150);
    const events = happenings.filter((it) => it.kind === 'event');
    expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['purchase']));
    // 300 people, a fifth idle, on average three quarters of the time, twice a month.
    expect(events.length).toBeGreaterThan(200);
    expect(events.length).toBeLessThan(800);
  });
});

describe('a sample as JSON lines', () => {
  test('users and events, at once, after a time, at a date', () => {
    const text = `
      {"user": "ada", "attributes": {"plan": "pro"}}
      {"user": "ada", "event": "purchase", "attributes": {"value": 3}, "at": "3d"}
      {"user": "bob", "at": "2026-01-05T00:00:00Z"}`;
    expect(parseSample(text, START)).toEqual([
      { kind: 'user', userId: 'ada', at: START, attributes: { plan: 'pro' } },
      { kind: 'event', userId: 'ada', at: START + 72 * HOUR, name: 'purchase', attributes: { value: 3 } },
      { kind: 'user', userId: 'bob', at: Date.parse('2026-01-05T00:00:00Z'), attributes: {} },
    ]);
  });

  test.each([
    ['{"user": "ada"', 'line 2 of the sample: '],
    ['{"usr": "ada"}', 'unknown property "usr"'],
    ['{"event": "x"}', '"user" must be the id of a user'],
    ['{"user": "ada", "at": "soon"}', '"at" is neither a length of time nor a date: "soon"'],
    ['[1]', 'expected an object'],
  ])('%s is refused with its line', (line, message) => {
    expect(() => parseSample(`{"user": "ada"}\n${line}`, START)).toThrow(message);
  });
});
