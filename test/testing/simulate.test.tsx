import { describe, expect, setDefaultTimeout, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { SegflowConfig } from '../../src/config/types.ts';
import type { SegflowError } from '../../src/core/errors.ts';
import * as schema from '../../src/schema/index.ts';
import { simulate } from '../../src/testing/simulate.ts';

// Loads much code and lets much time pass, which takes its own on a busy machine.
setDefaultTimeout(180_000);

interface SeedUser {
  username: string;
  email: string;
  winback?: boolean;
}

// By a computed name: what the fixture imports is for it to resolve, not for this project's types.
const { default: seed } = (await import(join(import.meta.dir, '../fixtures/seed/segflow.config.ts'))) as {
  default: SegflowConfig<SeedUser>;
};

const DAY = 86_400_000;
const ada = { username: 'Ada', email: 'ada@example.com' };

interface Person {
  email: string;
  name?: string;
  on?: boolean;
  timezone?: string;
}

/** A config with one template and what is given. */
function configOf(parts: Partial<SegflowConfig<Person>>): SegflowConfig<Person> {
  return {
    emailProvider: { config: { name: 'postmark', apiKey: '' }, fromAddress: 'hello@example.com' },
    templates: {
      hello: { subject: (user) => `Hello ${user.name}`, component: ({ user }) => <p>Hello {user.name}</p> },
    },
    ...parts,
    segments: {
      everyone: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users) },
      ...parts.segments,
    },
  };
}

describe("the seed's config", () => {
  test('sends the welcome, then winbacks ever further apart until the user comes back', async () => {
    await using simulation = await simulate(seed, { start: '2026-03-01T12:00:00Z' });
    await simulation.addUser('ada', ada);
    expect(await simulation.messages()).toMatchObject([
      {
        userId: 'ada',
        template: 'welcome-email',
        campaign: 'welcome-campaign',
        to: 'ada@example.com',
        at: new Date('2026-03-01T12:00:00Z'),
      },
    ]);

    await simulation.advance('10 days');
    await simulation.updateUser('ada', { winback: true });
    await simulation.advance('30 days');
    const days = (await simulation.messages({ template: 'winback-email' })).map(
      ({ at }) => (at.getTime() - Date.parse('2026-03-11T12:00:00Z')) / DAY,
    );
    expect(days).toEqual([0, 1, 3, 7, 15]);
    expect(await simulation.segments('ada')).toEqual(['all-users', 'winback-eligible']);

    await simulation.updateUser('ada', { winback: null });
    await simulation.advance('300 days');
    expect(await simulation.messages({ template: 'winback-email' })).toHaveLength(5);
    expect(await simulation.runs({ campaign: 'winback-campaign' })).toMatchObject([
      { userId: 'ada', entry: 1, status: 'cancelled', wakesAt: null },
    ]);
    expect(simulation.now).toEqual(new Date('2027-02-04T12:00:00Z'));
  });

  test('answers purchases, and thanks big spenders every 30 days', async () => {
    await using simulation = await simulate(seed);
    await simulation.addUser('ada', ada);
    await simulation.emit('ada', 'purchase', { value: 600 });
    await simulation.emit('ada', 'purchase', { value: 600 });
    await simulation.advance({ days: 90 });
    const templates = (await simulation.messages({ user: 'ada' })).map(({ template }) => template);
    expect(templates).toEqual([
      'welcome-email',
      'purchase',
      'purchase',
      'vip-email',
      'vip-email',
      'vip-email',
      'vip-email',
    ]);
    expect((await simulation.runs({ status: 'sleeping' }))[0]).toMatchObject({
      campaign: 'vip-treatment',
      steps: [
        'email vip-email',
        'wait 30d',
        'email vip-email',
        'wait 30d',
        'email vip-email',
        'wait 30d',
        'email vip-email',
        'wait 30d',
      ],
    });
  });

  test('renders a message when it is read, with the attributes of then', async () => {
    await using simulation = await simulate(seed);
    await simulation.addUser('ada', ada);
    await simulation.addUser('bob', { username: 'Bob', email: 'bob@example.com' });
    await simulation.updateUser('bob', { username: 'Robert' });
    const [message] = await simulation.messages({ user: 'bob' });
    expect(message?.subject).toBe('Welcome to Segflow, Bob!');
    expect(await message?.html()).toContain('Bob');
    expect(await message?.html()).not.toContain('Robert');
    expect(await message?.text()).toContain('Bob');
  });

  test('a year for 1,000 people goes by', async () => {
    await using simulation = await simulate(seed);
    const people = Array.from({ length: 1_000 }, (_, index) => `user-${index}`);
    await Promise.all(
      people.map((id, i) =>
        simulation.addUser(id, { username: id, email: `${id}@example.com`, winback: i % 2 === 0 }),
      ),
    );
    await Promise.all(
      people.map((id, i) => simulation.emit(id, 'purchase', { value: i % 4 === 0 ? 2_000 : 10 })),
    );
    await simulation.advance({ days: 365 });
    const messages = await simulation.messages();
    const count = (template: string) => messages.filter((message) => message.template === template).length;
    expect(count('welcome-email')).toBe(1_000);
    expect(count('purchase')).toBe(1_000);
    expect(count('winback-email')).toBe(500 * 8);
    // On day 0, 30, … 360.
    expect(count('vip-email')).toBe(250 * 13);
  });
});

describe('time', () => {
  const sleeper = configOf({
    campaigns: {
      nap: {
        segments: ['everyone'],
        behavior: 'static',
        flow: function* (_ctx, rt) {
          yield rt.wait({ hours: 1, minutes: 7 });
          yield rt.sendEmail('hello');
        },
      },
    },
  });

  test('goes from one thing that is due to the next, and stops where it was told to', async () => {
    await using simulation = await simulate(sleeper, { start: '2026-05-05T08:00:00Z' });
    await simulation.addUser('ada', { email: 'ada@example.com' });
    await simulation.advanceTo('2026-05-05T09:06:59.999Z');
    expect(await simulation.messages()).toEqual([]);
    await simulation.advance({ milliseconds: 1 });
    expect((await simulation.messages()).map(({ at }) => at.toISOString())).toEqual([
      '2026-05-05T09:07:00.000Z',
    ]);
    expect(simulation.advanceTo('2026-05-05T09:00:00Z')).rejects.toThrow('time cannot go back');
    expect(simulation.advance('soon')).rejects.toThrow('"soon" is not a length of time');
  });

  test('with a resolution, what is due within a step happens at its end', async () => {
    await using simulation = await simulate(sleeper, { start: '2026-05-05T08:00:00Z', resolution: '1h' });
    await simulation.addUser('ada', { email: 'ada@example.com' });
    await simulation.advance('1 day');
    expect((await simulation.messages()).map(({ at }) => at.toISOString())).toEqual([
      '2026-05-05T10:00:00.000Z',
    ]);
  });

  test('alone makes members of segments that read the clock', async () => {
    const config = configOf({
      segments: {
        old: {
          evaluator: (db) =>
            db
              .select({ id: schema.users.id })
              .from(schema.users)
              .where(sql`${schema.users.createdAt} <= now() - interval 7 day`),
        },
      },
      campaigns: {
        week: {
          segments: ['old'],
          behavior: 'static',
          flow: function* (_ctx, rt) {
            yield rt.sendEmail('hello');
          },
        },
      },
    });
    await using simulation = await simulate(config);
    await simulation.addUser('ada', { email: 'ada@example.com' });
    await simulation.advance('6 days');
    expect(await simulation.segments('ada')).toEqual(['everyone']);
    await simulation.advance('1 day');
    expect(await simulation.segments('ada')).toEqual(['everyone', 'old']);
    expect(await simulation.messages()).toHaveLength(1);
  });

  test('a call while time passes is refused', async () => {
    await using simulation = await simulate(sleeper);
    const passing = simulation.advance('1 day');
    expect(simulation.addUser('ada', { email: 'ada@example.com' })).rejects.toThrow('await advance()');
    await passing;
  });
});

describe('chance', () => {
  const lottery = configOf({
    campaigns: {
      lottery: {
        segments: ['everyone'],
        behavior: 'static',
        flow: function* (_ctx, rt) {
          if (Math.random() < 0.5) yield rt.sendEmail('hello');
        },
      },
    },
  });
  const winners = async (random: number) => {
    await using simulation = await simulate(lottery, { random });
    const ids = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    await Promise.all(ids.map((id) => simulation.addUser(id, { email: `${id}@example.com` })));
    return (await simulation.messages()).map(({ userId }) => userId).sort();
  };

  test('is the same for the same seed, and other for another', async () => {
    const first = await winners(1);
    expect(first.length).toBeGreaterThan(5);
    expect(first.length).toBeLessThan(35);
    expect(await winners(1)).toEqual(first);
    expect(await winners(2)).not.toEqual(first);
  });
});

test('side effects are not done, but stood in for', async () => {
  let called = 0;
  const config = configOf({
    campaigns: {
      scored: {
        segments: ['everyone'],
        behavior: 'static',
        flow: function* (_ctx, rt) {
          const score = yield* rt.run('score', async () => ++called);
          const other = yield* rt.run('other', async () => ++called);
          if (score === 7 && other === null) yield rt.sendEmail('hello');
        },
      },
    },
  });
  let attempts = 0;
  const score = () => {
    if (++attempts === 1) throw new Error('not now');
    return 7;
  };
  await using simulation = await simulate(config, { sideEffects: { score } });
  await simulation.addUser('ada', { email: 'ada@example.com' });
  expect(await simulation.messages()).toEqual([]);
  await simulation.advance('1 minute');
  expect(await simulation.messages()).toHaveLength(1);
  expect({ attempts, called }).toEqual({ attempts: 2, called: 0 });
});

test("waits for events, segments and times of day in the user's time zone", async () => {
  const config = configOf({
    segments: {
      on: {
        evaluator: (db) =>
          db
            .select({ id: schema.users.id })
            .from(schema.users)
            .where(sql`${schema.users.attributes}->'$.on' = true`),
      },
    },
    campaigns: {
      long: {
        segments: ['everyone'],
        behavior: 'static',
        flow: function* (_ctx, rt) {
          yield rt.waitUntil({ time: '09:00' });
          yield rt.sendEmail('hello', { subject: 'morning' });
          const event = yield* rt.waitForEvent('login', { timeout: { days: 7 } });
          yield rt.sendEmail('hello', { subject: event ? 'logged in' : 'away' });
          yield rt.waitForSegment('on');
          yield rt.sendEmail('hello', { subject: 'on' });
        },
      },
    },
  });
  await using simulation = await simulate(config, { start: '2026-01-01T00:00:00Z' });
  const tokyo = { email: 'ada@example.com', timezone: 'Asia/Tokyo' };
  await simulation.addUser('ada', tokyo);
  await simulation.addUser('bob', { email: 'bob@example.com' });
  await simulation.advance('3 days');
  await simulation.emit('ada', 'login');
  await simulation.advance('7 days');
  await simulation.updateUser('ada', { on: true });
  const log = async (user: string) =>
    (await simulation.messages({ user })).map(
      ({ subject, at }) => `${subject} ${at.toISOString().slice(0, 16)}`,
    );
  // 9:00 in Tokyo is midnight in UTC; the next one, as it is midnight already.
  expect(await log('ada')).toEqual([
    'morning 2026-01-02T00:00',
    'logged in 2026-01-04T00:00',
    'on 2026-01-11T00:00',
  ]);
  expect(await log('bob')).toEqual(['morning 2026-01-01T09:00', 'away 2026-01-08T09:00']);
});

test('what a flow prints is printed once, however often it is replayed', async () => {
  const config = configOf({
    campaigns: {
      talks: {
        segments: ['everyone'],
        behavior: 'static',
        flow: function* (_ctx, rt) {
          for (let day = 1; day <= 3; day++) {
            console.log(`day ${day}`);
            yield rt.wait({ days: 1 });
          }
        },
      },
    },
  });
  const printed: unknown[] = [];
  const log = spyOn(console, 'log').mockImplementation((...values) => void printed.push(...values));
  try {
    await using simulation = await simulate(config);
    await simulation.addUser('ada', { email: 'ada@example.com' });
    await simulation.advance('5 days');
  } finally {
    log.mockRestore();
  }
  expect(printed).toEqual(['day 1', 'day 2', 'day 3']);
});

describe('trouble', () => {
  test('a config is refused with every problem', async () => {
    const config = configOf({
      campaigns: {
        a: {
          segments: ['evryone'],
          behavior: 'static',
          flow: function* (_ctx, rt) {
            yield rt.sendEmail('helo');
          },
        },
      },
    });
    const refused = (await simulate(config).catch((error: unknown) => error)) as SegflowError;
    expect(refused).toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining(
        'campaigns.a.segments[0]: unknown segment "evryone" (Did you mean "everyone"?)',
      ),
    });
    expect(refused.details).toMatchObject([
      { path: 'campaigns.a.segments[0]', hint: 'Did you mean "everyone"?' },
      { path: 'campaigns.a.flow', message: expect.stringContaining('sends the template "helo"') },
    ]);
  });

  test('a flow that throws fails its run, with the place in the test', async () => {
    const config = configOf({
      campaigns: {
        bad: {
          segments: ['everyone'],
          behavior: 'static',
          flow: function* (ctx, rt) {
            yield rt.sendEmail('hello');
            throw new Error(`no ${ctx.id}`);
          },
        },
      },
    });
    await using simulation = await simulate(config);
    await simulation.addUser('ada', { email: 'ada@example.com' });
    const [run] = await simulation.runs();
    expect(run?.reason).toContain('no ada');
    expect(run?.reason).toContain('simulate.test.tsx');
  });

  test('an email that does not bear a missing attribute fails, and the others are sent', async () => {
    const config = configOf({
      templates: {
        hello: { subject: 'Hello', component: ({ user }) => <p>{user.name!.toUpperCase()}</p> },
      },
      campaigns: {
        hello: {
          segments: ['everyone'],
          behavior: 'static',
          flow: function* (_ctx, rt) {
            yield rt.sendEmail('hello');
          },
        },
      },
    });
    await using simulation = await simulate(config);
    await simulation.addUser('ada', { email: 'ada@example.com', name: 'Ada' });
    await simulation.addUser('bob', { email: 'bob@example.com' });
    await simulation.addUser('eve', { email: 'eve@example.com', name: 'Eve' });
    expect((await simulation.messages()).map(({ userId }) => userId)).toEqual(['ada', 'eve']);
    expect(await simulation.messages({ status: 'failed' })).toMatchObject([
      { userId: 'bob', reason: expect.stringContaining('rendering failed') },
    ]);
  });

  test('an event of someone who was never added', async () => {
    await using simulation = await simulate(configOf({}));
    expect(simulation.emit('nobody', 'login')).rejects.toThrow('there is no user "nobody"');
    expect(simulation.updateUser('nobody', { name: 'N' })).rejects.toThrow('there is no user "nobody"');
  });
});

test('another version of the config takes over runs under way', async () => {
  const version = (subject: string) =>
    configOf({
      templates: { hello: { subject, component: () => <p>Hello</p> } },
      campaigns: {
        daily: {
          segments: ['everyone'],
          behavior: 'static',
          flow: function* (_ctx, rt) {
            while (true) {
              yield rt.sendEmail('hello');
              yield rt.wait({ days: 1 });
            }
          },
        },
      },
    });
  await using simulation = await simulate(version('One'));
  await simulation.addUser('ada', { email: 'ada@example.com' });
  await simulation.advance('1 day');
  await simulation.push(version('Two'));
  await simulation.advance('1 day');
  expect((await simulation.messages()).map(({ subject }) => subject)).toEqual(['One', 'One', 'Two']);
});
