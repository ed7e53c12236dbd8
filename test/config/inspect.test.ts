import { describe, expect, test } from 'bun:test';
import { eq, gt, type SQL, sql } from 'drizzle-orm';
import { createElement, memo } from 'react';
import { inspectConfig } from '../../src/config/inspect/inspect.ts';
import type { SegmentDb } from '../../src/config/types.ts';
import type { Command } from '../../src/flow/commands/commands.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { events, users } from '../../src/schema/index.ts';

const AT = Date.UTC(2026, 2, 4, 5, 6, 7, 8);

type Loose = Record<string, unknown>;

const Email = ({ user }: { user: Loose }) => createElement('p', null, `Hello ${String(user.username)}`);
const template = { subject: 'Hello', component: Email };
const everyone = { evaluator: (db: SegmentDb) => db.select({ id: users.id }).from(users) };
const campaign = {
  segments: ['everyone'],
  behavior: 'static',
  *flow(_ctx: unknown, rt: Runtime): Generator<Command, void, never> {
    yield rt.sendEmail('welcome');
  },
};
const emailProvider = {
  config: { name: 'postmark', apiKey: 'secret' },
  fromAddress: 'Example <hello@example.com>',
};

function config(parts: Loose = {}): Loose {
  return {
    emailProvider,
    templates: { welcome: template },
    segments: { everyone },
    campaigns: { onboarding: campaign },
    transactions: { purchase: { event: 'purchase', subject: 'Thanks', component: Email } },
    ...parts,
  };
}

/** What is wrong with a config, a line each: `path: message (hint)`. */
async function wrong(value: unknown): Promise<string[]> {
  const { inspection, problems } = await inspectConfig(value, AT);
  expect(inspection === undefined).toBe(problems.length > 0);
  return problems.map(({ path, message, hint }) => `${path}: ${message}${hint ? ` (${hint})` : ''}`);
}

/** Expects exactly one problem. */
async function oneProblem(value: unknown, path: string, message: RegExp): Promise<void> {
  const found = await wrong(value);
  expect(found).toHaveLength(1);
  expect(found[0]).toStartWith(`${path}: `);
  expect(found[0]).toMatch(message);
}

const withSegment = (segment: unknown) => config({ segments: { everyone, test: segment } });
const evaluating = (evaluator: unknown) => withSegment({ evaluator });
const withCampaign = (parts: Loose) => config({ campaigns: { test: { ...campaign, ...parts } } });
const withTemplate = (parts: Loose) =>
  config({ templates: { welcome: template, test: { ...template, ...parts } } });
const withProvider = (parts: Loose) => config({ emailProvider: { ...emailProvider, ...parts } });
const withSettings = (settings: unknown) => withProvider({ config: settings });

const HASH = /^[0-9a-f]{14}$/;

describe('a config that is right', () => {
  test('gives its manifest and its provider', async () => {
    const { inspection, problems } = await inspectConfig(config(), AT);
    expect(problems).toEqual([]);
    expect(inspection).toEqual({
      manifest: {
        templates: ['welcome'],
        segments: [
          { id: 'everyone', sql: 'select `id` from `users`', params: [], volatile: false, triggers: {} },
        ],
        campaigns: [
          {
            id: 'onboarding',
            segments: ['everyone'],
            excludeSegments: [],
            behavior: 'static',
            reentry: 'once',
            exitWhen: null,
            goal: null,
            priority: 0,
            spreadMs: 0,
          },
        ],
        transactions: [{ id: 'purchase', event: 'purchase' }],
        confirm: false,
        contentHashes: {
          templates: { welcome: expect.stringMatching(HASH) },
          transactions: { purchase: expect.stringMatching(HASH) },
          campaigns: { onboarding: expect.stringMatching(HASH) },
        },
      },
      provider: emailProvider as never,
    });
  });

  test('tells versions of emails and flows apart', async () => {
    const hashesOf = async (changed: object) =>
      (await inspectConfig({ ...config(), ...changed }, AT)).inspection?.manifest.contentHashes;
    const before = await hashesOf({});
    expect(await hashesOf({})).toEqual(before);
    const { templates } = config() as { templates: { welcome: object } };
    const other = await hashesOf({ templates: { welcome: { ...templates.welcome, subject: 'Another' } } });
    expect(other?.templates).not.toEqual(before?.templates);
    expect(other?.campaigns).toEqual(before?.campaigns);
  });

  test('needs nothing but a provider', async () => {
    expect(await wrong({ emailProvider })).toEqual([]);
    expect(
      await wrong({ emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' } }),
    ).toEqual([]);
  });
});

describe('the whole', () => {
  test.each([
    ['nothing', undefined, /no default export/],
    ['null', null, /is null/],
    ['a function', () => config(), /is a function/],
    ['a promise', Promise.resolve(config()), /is a promise/],
    ['a list', [config()], /is an array/],
  ])('%s is no config', async (_what, value, message) => {
    await oneProblem(value, '', message);
  });

  test('an unknown section, with the one that is meant', async () => {
    await oneProblem(
      { ...config(), campains: {} },
      'campains',
      /unknown property \(Did you mean "campaigns"\?\)/,
    );
  });

  test('a section that is no object', async () => {
    await oneProblem(config({ templates: [template], campaigns: {} }), 'templates', /got an array/);
  });

  test('every problem is found at once', async () => {
    const found = await wrong({
      emailProvider: { config: { name: 'postmark' } },
      templates: { a: { subject: 1, component: 2 } },
      segments: { b: {} },
      campaigns: { c: { segments: ['x'], behavior: 'y', flow: 'z' } },
      transactions: { d: {} },
    });
    expect(found.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'emailProvider.config.apiKey',
      'emailProvider.fromAddress',
      'templates.a.subject',
      'templates.a.component',
      'segments.b.evaluator',
      'campaigns.c.segments[0]',
      'campaigns.c.behavior',
      'campaigns.c.flow',
      'transactions.d.event',
      'transactions.d.subject',
      'transactions.d.component',
    ]);
  });

  test('a getter that throws is a problem of its place', async () => {
    const segment = Object.defineProperty({}, 'evaluator', {
      enumerable: true,
      get: () => {
        throw new Error('no luck');
      },
    });
    await oneProblem(withSegment(segment), 'segments.test', /no luck/);
  });
});

test('what the config threw is located, where somebody can', async () => {
  const thrown: unknown[] = [];
  const luckless = (what: string) => () => {
    throw new Error(what);
  };
  const { problems } = await inspectConfig(
    config({
      templates: { welcome: { subject: luckless('subject'), component: luckless('component') } },
      segments: { everyone: { evaluator: luckless('evaluator') }, other: { evaluator: 1 } },
    }),
    AT,
    {
      locate: {
        thrown: async (error) => {
          thrown.push(error);
          return { file: 'a.ts', line: thrown.length, column: 1, frame: 'a' };
        },
        code: async () => ({}),
      },
    },
  );
  expect(problems.map(({ path, file, line }) => [path, file, line])).toEqual([
    ['templates.welcome.subject', 'a.ts', 1],
    ['templates.welcome.component', 'a.ts', 2],
    ['segments.everyone.evaluator', 'a.ts', 3],
    ['segments.other.evaluator', undefined, undefined],
  ]);
  expect(thrown.map((error) => (error as Error).message)).toEqual(['subject', 'component', 'evaluator']);
});

describe('ids', () => {
  test.each([
    ['', 'segments[""]', /is empty/],
    ['x'.repeat(129), `segments.${'x'.repeat(129)}`, /longer than 128 characters \(129\)/],
    [' x', 'segments[" x"]', /begins or ends with a space/],
    ['a\u0000b', 'segments.a\u0000b', /control character/],
    ['a\ud800', 'segments.a\ud800', /surrogate/],
  ])('%j', async (id, path, message) => {
    await oneProblem(config({ segments: { everyone, [id]: everyone } }), path, message);
  });

  test('of 128 characters, with spaces, dots and other scripts are fine', async () => {
    const segments = { everyone, ['x'.repeat(128)]: everyone, 'a b.c': everyone, größte: everyone };
    expect(await wrong(config({ segments }))).toEqual([]);
  });
});

describe('the provider', () => {
  test('missing', async () => {
    await oneProblem(config({ emailProvider: undefined }), 'emailProvider', /is missing \(Write/);
    await oneProblem(withProvider({ config: undefined }), 'emailProvider.config', /is missing/);
  });

  test('unknown', async () => {
    await oneProblem(
      withSettings({ name: 'postmrk' }),
      'emailProvider.config.name',
      /Did you mean "postmark"/,
    );
    await oneProblem(withSettings({ name: 'pigeon' }), 'emailProvider.config.name', /postmark, file/);
    await oneProblem(withSettings({}), 'emailProvider.config.name', /got undefined/);
  });

  test.each([
    ['undefined', undefined, /is undefined: the environment variable it comes from is not set .*\.env/],
    ['empty', '', /is empty: the environment variable/],
    ['a number', 42, /got the number 42/],
    ['broken', 'abc\ndef', /line break/],
  ])('an API key that is %s', async (_what, apiKey, message) => {
    await oneProblem(withSettings({ name: 'postmark', apiKey }), 'emailProvider.config.apiKey', message);
  });

  test('no message shows a key', async () => {
    const found = await wrong(withSettings({ name: 'postmark', apiKey: 'sec ret' }));
    expect(found.join()).not.toContain('sec ret');
  });

  test.each([
    ['hello@example.com', true],
    ['Example <hello@example.com>', true],
    ['"Example, Inc." <hello@example.com>', true],
    ['hello', false],
    ['hello@', false],
    ['a@example.com, b@example.com', false],
    ['a@example.com\r\nBcc: b@example.com', false],
    [7, false],
    ['', false],
  ])('the sender %j', async (fromAddress, ok) => {
    if (ok) expect(await wrong(withProvider({ fromAddress }))).toEqual([]);
    else
      await oneProblem(
        withProvider({ fromAddress }),
        'emailProvider.fromAddress',
        /expected one email address/,
      );
  });

  test('a missing sender, a wrong reply address, a wrong URL, an unknown setting', async () => {
    await oneProblem(withProvider({ fromAddress: undefined }), 'emailProvider.fromAddress', /is missing/);
    await oneProblem(withProvider({ replyTo: 'x' }), 'emailProvider.replyTo', /one email address/);
    const settings = emailProvider.config;
    await oneProblem(withSettings({ ...settings, url: 'ftp://x' }), 'emailProvider.config.url', /http/);
    await oneProblem(withSettings({ ...settings, apikey: 'x' }), 'emailProvider.config.apikey', /"apiKey"/);
    await oneProblem(
      withSettings({ ...settings, messageStream: 1 }),
      'emailProvider.config.messageStream',
      /text/,
    );
  });
});

describe('a segment', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      /the evaluator throws: boom/,
    ],
    ['returns nothing', () => {}, /returns nothing, not a query \(Is the return missing/],
    ['returns a text', () => 'select id from users', /returns a text.*sql`/],
    [
      'is async',
      async (db: SegmentDb) => db.select({ id: users.id }).from(users).limit(1).getSQL(),
      /returns a promise/,
    ],
    ['lacks from', (db: SegmentDb) => db.select({ id: users.id }), /lacks \.from/],
    [
      'returns a subquery',
      (db: SegmentDb) => db.select({ id: users.id }).from(users).as('x'),
      /Leave out \.as/,
    ],
    [
      'selects two columns',
      (db: SegmentDb) => db.select({ id: users.id, at: users.createdAt }).from(users),
      /selects 2 columns \(id, at\)/,
    ],
    ['selects everything', (db: SegmentDb) => db.select().from(users), /selects 5 columns/],
    ['selects a table', (db: SegmentDb) => db.select({ users }).from(users), /selects 5 columns \(users\.id/],
    [
      'selects names',
      (db: SegmentDb) => db.select({ id: events.name }).from(events),
      /events\.name, which is not a user's id/,
    ],
    [
      'selects ids of events',
      (db: SegmentDb) => db.select({ id: events.id }).from(events),
      /events\.id, which/,
    ],
    ['is an update', () => sql`update users set slot = 0`, /not a SELECT/],
    ['is two statements', () => sql`select id from users; drop table users`, /more than one statement/],
    [
      'hides an update',
      () => sql`with x as (select 1) update users set slot = 0`,
      /SELECT is expected, but there is update/,
    ],
    [
      'has an undefined parameter',
      (db: SegmentDb) =>
        db
          .select({ id: users.id })
          .from(users)
          .where(eq(users.id, undefined as never)),
      /parameter 1 of its query is undefined/,
    ],
    [
      'has an invalid date',
      () => sql`select id from users where created_at > ${new Date(Number.NaN)}`,
      /an invalid date/,
    ],
    ['has NaN', () => sql`select id from users where slot > ${Number.NaN}`, /is NaN/],
    ['has an object', () => sql`select id from users where slot > ${{ a: 1 }}`, /is an object/],
    ['is missing', undefined, /not a function/],
  ])('whose evaluator %s', async (_what, evaluator, message) => {
    await oneProblem(evaluating(evaluator), 'segments.test.evaluator', message);
  });

  test('that is a bare evaluator, or has an unknown property', async () => {
    await oneProblem(withSegment(everyone.evaluator), 'segments.test', /Write { evaluator/);
    await oneProblem(withSegment({ ...everyone, trigger: {} }), 'segments.test.trigger', /"triggers"/);
  });

  test.each([
    [
      'of events',
      (db: SegmentDb) => db.selectDistinct({ id: events.userId }).from(events),
      'select distinct `user_id` from `events`',
    ],
    ['of SQL text', () => sql`select id from users where id <> ';'`, "select id from users where id <> ';'"],
    ['of SQL in brackets', () => sql`(select id from users) -- ;`, '(select id from users) -- ;'],
    [
      'with a common table',
      (db: SegmentDb) => {
        const buyers = db.$with('b').as(db.select({ id: events.userId, name: events.name }).from(events));
        return db.with(buyers).select({ id: buyers.id }).from(buyers);
      },
      'with `b` as (select `user_id`, `name` from `events`) select `user_id` from `b`',
    ],
  ])('%s', async (_what, evaluator, text) => {
    const { inspection, problems } = await inspectConfig(evaluating(evaluator), AT);
    expect(problems).toEqual([]);
    expect(inspection?.manifest.segments[1]).toMatchObject({ sql: text, params: [], volatile: false });
  });

  test('has parameters that are JSON: dates as DATETIME in UTC, big integers as numbers', async () => {
    const evaluator = () =>
      sql`select id from users where created_at > ${new Date(AT)} and slot = ${true} and slot = ${7n} and id = ${null} and slot = (${gt(users.createdAt, new Date(AT))})`;
    const { inspection } = await inspectConfig(evaluating(evaluator), AT);
    const date = '2026-03-04 05:06:07.008';
    expect(inspection?.manifest.segments[1]?.params).toEqual([date, true, 7, null, date]);
  });

  test.each([
    ['a parameter', () => sql`select id from users where created_at > ${new Date(Date.now() - 86_400_000)}`],
    [
      'the SQL, once a year',
      () =>
        new Date().getUTCFullYear() > 2026 ? sql`select id from users where 1` : sql`select id from users`,
    ],
    [
      'the SQL, by the hour',
      () => (new Date().getHours() < 12 ? sql`select id from users where 1` : sql`select id from users`),
    ],
  ])('is volatile when time changes %s', async (_what, evaluator: () => SQL) => {
    const { inspection } = await inspectConfig(evaluating(evaluator), AT);
    expect(inspection?.manifest.segments[1]?.volatile).toBe(true);
  });

  test('is built as at the time given', async () => {
    const { inspection } = await inspectConfig(
      evaluating(() => sql`select id from users where slot > ${Date.now()}`),
      AT,
    );
    expect(inspection?.manifest.segments[1]?.params).toEqual([AT]);
  });

  test('triggers', async () => {
    const triggers = { every: { minutes: 15 }, cron: '0 9 * * 1', events: ['login', 'purchase'] };
    const { inspection } = await inspectConfig(withSegment({ ...everyone, triggers }), AT);
    expect(inspection?.manifest.segments[1]?.triggers).toEqual({
      everyMs: 900_000,
      cron: '0 9 * * 1',
      events: ['login', 'purchase'],
    });
  });

  test.each([
    [{ every: '15m' }, undefined, /^$/],
    [{ every: 'often' }, 'every', /expected a length of time/],
    [{ every: 15 }, 'every', /15/],
    [{ every: '500ms' }, 'every', /too often/],
    [{ every: { days: -1 } }, 'every', /negative/],
    [{ cron: '61 * * * *' }, 'cron', /no cron expression/],
    [{ cron: '0 0 30 2 *' }, 'cron', /never comes/],
    [{ cron: 5 }, 'cron', /got the number 5/],
    [{ events: 'login' }, 'events', /Write \["login"\]/],
    [{ events: ['login', ''] }, 'events[1]', /is empty/],
    [{ events: ['login', 'login'] }, 'events[1]', /listed twice/],
    [{ evry: '1h' }, 'evry', /Did you mean "every"/],
  ])('triggers %j', async (triggers, place, message) => {
    const value = withSegment({ ...everyone, triggers });
    if (place === undefined) expect(await wrong(value)).toEqual([]);
    else await oneProblem(value, `segments.test.triggers.${place}`, message);
  });
});

describe('a campaign', () => {
  test('of an unknown segment', async () => {
    await oneProblem(
      withCampaign({ segments: ['everyon'] }),
      'campaigns.test.segments[0]',
      /unknown segment "everyon" \(Did you mean "everyone"/,
    );
    await oneProblem(
      withCampaign({ excludeSegments: ['zzz'] }),
      'campaigns.test.excludeSegments[0]',
      /The config has: everyone/,
    );
  });

  test.each([
    [undefined, /is missing: a campaign needs/],
    [[], /is empty/],
    ['everyone', /Write \["everyone"\]/],
  ])('with segments %j', async (segments, message) => {
    await oneProblem(withCampaign({ segments }), 'campaigns.test.segments', message);
  });

  test('with a segment twice, or in and out', async () => {
    await oneProblem(
      withCampaign({ segments: ['everyone', 'everyone'] }),
      'campaigns.test.segments[1]',
      /twice/,
    );
    await oneProblem(
      withCampaign({ excludeSegments: ['everyone'] }),
      'campaigns.test.excludeSegments[0]',
      /nobody/,
    );
  });

  test('of an unknown behavior or with an unknown property', async () => {
    await oneProblem(
      withCampaign({ behavior: 'Dynamic' }),
      'campaigns.test.behavior',
      /Did you mean "dynamic"/,
    );
    await oneProblem(withCampaign({ behavior: undefined }), 'campaigns.test.behavior', /is missing/);
    await oneProblem(withCampaign({ exclude: [] }), 'campaigns.test.exclude', /unknown property/);
  });

  test('has its options in the manifest', async () => {
    const campaigns = {
      a: {
        ...campaign,
        behavior: 'dynamic',
        reentry: { after: '90 days' },
        exitWhen: { event: 'purchase', segment: 'everyone' },
        goal: { segment: 'everyone', within: { weeks: 1 } },
        priority: -3,
        spread: '2h',
      },
      b: { ...campaign, behavior: 'dynamic', goal: { event: 'purchase' } },
      c: { ...campaign, reentry: 'always' },
    };
    const { inspection, problems } = await inspectConfig(config({ campaigns, push: { confirm: true } }), AT);
    expect(problems).toEqual([]);
    expect(inspection?.manifest.confirm).toBe(true);
    const rules = { segments: ['everyone'], excludeSegments: [], exitWhen: null, goal: null };
    expect(inspection?.manifest.campaigns).toEqual([
      {
        ...rules,
        id: 'a',
        behavior: 'dynamic',
        reentry: { afterMs: 90 * 86_400_000 },
        exitWhen: { event: 'purchase', segment: 'everyone' },
        goal: { segment: 'everyone', withinMs: 7 * 86_400_000 },
        priority: -3,
        spreadMs: 7_200_000,
      },
      {
        ...rules,
        id: 'b',
        behavior: 'dynamic',
        reentry: 'always',
        goal: { event: 'purchase', withinMs: null },
        priority: 0,
        spreadMs: 0,
      },
      { ...rules, id: 'c', behavior: 'static', reentry: 'always', priority: 0, spreadMs: 0 },
    ]);
  });

  test.each([
    [
      'reentry',
      'Once',
      'reentry',
      /expected 'once', 'always' or \{ after \}, got "Once" \(Did you mean "once"/,
    ],
    ['reentry', 5, 'reentry', /got the number 5/],
    ['reentry', {}, 'reentry.after', /a duration is an object/],
    ['reentry', { after: 'soon' }, 'reentry.after', /expected a length of time/],
    ['exitWhen', 'purchase', 'exitWhen', /expected an object/],
    ['exitWhen', {}, 'exitWhen', /neither an event nor a segment/],
    ['exitWhen', { event: '' }, 'exitWhen.event', /is empty/],
    ['exitWhen', { segment: 'everyon' }, 'exitWhen.segment', /unknown segment "everyon" \(Did you mean/],
    ['exitWhen', { event: 'a', within: '1d' }, 'exitWhen.within', /unknown property/],
    ['goal', { segment: 3 }, 'goal.segment', /expected the name of a segment/],
    ['goal', { event: 'purchase', within: 'x' }, 'goal.within', /length of time/],
    ['priority', 1.5, 'priority', /expected a whole number/],
    ['priority', '1', 'priority', /expected a whole number/],
    ['spread', { hour: 1 }, 'spread', /unknown unit "hour"/],
  ])('with the %s %j', async (name, value, path, message) => {
    await oneProblem(withCampaign({ [name]: value }), `campaigns.test.${path}`, message);
  });

  test.each([
    [true, 'push', /expected an object/],
    [{ confirm: 'yes' }, 'push.confirm', /expected true or false/],
    [{ confirmed: true }, 'push.confirmed', /unknown property/],
  ])('beside a push %j', async (push, path, message) => {
    await oneProblem(config({ push }), path, message);
  });

  test('that names segments and campaigns which are not there', async () => {
    const flow = function* (_ctx: unknown, rt: Runtime): Generator<Command, void, never> {
      yield rt.inSegment('everyon');
      yield rt.race({ in: rt.waitForSegment('nobody'), late: rt.wait({ days: 1 }) });
      yield rt.startCampaign('tests');
      yield rt.startCampaign('test');
      yield rt.waitForEvent('anything');
    };
    expect(await wrong(withCampaign({ flow }))).toEqual([
      'campaigns.test.flow: asks for the segment "everyon", which is not defined (Did you mean "everyone"?)',
      'campaigns.test.flow: asks for the segment "nobody", which is not defined (The segments are: everyone.)',
      'campaigns.test.flow: starts the campaign "tests", which is not defined (Did you mean "test"?)',
    ]);
  });

  test.each([
    ['missing', undefined, /is missing/],
    ['an object', {}, /expected a generator function, got an object/],
    ['async', async () => {}, /is an async function/],
    ['an async generator', async function* () {}, /is an async generator/],
    ['a plain function', () => {}, /is a plain function.*function\*/],
  ])('whose flow is %s', async (_what, flow, message) => {
    await oneProblem(withCampaign({ flow }), 'campaigns.test.flow', message);
  });

  test('whose flow returns the generator of another function', async () => {
    expect(
      await wrong(withCampaign({ flow: (ctx: unknown, rt: Runtime) => campaign.flow(ctx, rt) })),
    ).toEqual([]);
  });

  test.each([
    [
      'a literal',
      function* (_ctx: unknown, rt: Runtime) {
        yield rt.sendEmail('welcom');
      },
    ],
    [
      'a template literal',
      function* (_ctx: unknown, rt: Runtime) {
        yield* rt.sendEmail(`welcom`);
      },
    ],
    [
      'another name of the runtime',
      function* (_ctx: unknown, r: Runtime) {
        if (r) yield r.sendEmail('welcom');
      },
    ],
    [
      'a destructured runtime',
      function* (_ctx: unknown, { sendEmail: send }: Runtime) {
        yield send('welcom');
      },
    ],
    [
      'a method',
      {
        *flow(_ctx: unknown, rt: Runtime) {
          yield rt.sendEmail('welcom');
        },
      }.flow,
    ],
  ])('that sends an unknown template: %s', async (_what, flow) => {
    await oneProblem(
      withCampaign({ flow }),
      'campaigns.test.flow',
      /sends the template "welcom", which is not defined \(Did you mean "welcome"/,
    );
  });

  test('that calls a command without yielding it', async () => {
    const idle = function* (_ctx: unknown, rt: Runtime): Generator<Command, void, never> {
      if (rt) rt.startCampaign('test');
      yield rt.wait({ days: 1 });
    };
    const message = /calls rt\.startCampaign\(…\) without yielding it, which does nothing \(Write yield rt\./;
    await oneProblem(withCampaign({ flow: idle }), 'campaigns.test.flow', message);
    const later = function* (_ctx: unknown, rt: Runtime): Generator<Command, void, never> {
      const wait = rt.wait({ days: 1 });
      yield wait;
      const told: unknown[] = [];
      told.push(yield rt.now());
    };
    expect(await wrong(withCampaign({ flow: later }))).toEqual([]);
  });

  test('that sends a transaction', async () => {
    const flow = function* (_ctx: unknown, rt: Runtime) {
      yield rt.sendEmail('purchase');
    };
    await oneProblem(withCampaign({ flow }), 'campaigns.test.flow', /It is a transaction/);
  });

  test('that sends what it computes, or calls sendEmail of something else', async () => {
    const mailer = { sendEmail: (_id: string) => undefined };
    const flow = function* (_ctx: unknown, rt: Runtime) {
      mailer.sendEmail('nope');
      yield rt.sendEmail(['wel', 'come'].join('')); // rt.sendEmail('nope')
    };
    expect(await wrong(withCampaign({ flow }))).toEqual([]);
  });
});

describe('a template', () => {
  test.each([
    ['missing', undefined, /is missing/],
    ['a number', 7, /got the number 7/],
    ['empty', ' ', /is empty/],
    ['two lines', 'a\nb', /line break/],
    [
      'a function that throws',
      (user: Loose) => (user.address as Loose).city,
      /throws for the sample user: .*PreviewProps/,
    ],
    ['a function of a number', () => 7, /returns the number 7/],
    ['async', async () => 'x', /returns a promise/],
    ['a function of nothing', () => '', /is empty for the sample user/],
  ])('whose subject is %s', async (_what, subject, message) => {
    await oneProblem(withTemplate({ subject }), 'templates.test.subject', message);
  });

  test.each([
    ['undefined', undefined, /is undefined \(Is it imported by the right name/],
    ['an element', createElement(Email, { user: {} }), /is an element/],
    ['a module', { default: Email }, /default export/],
    ['a text', 'p', /expected a React component, got "p"/],
    [
      'throwing',
      ({ user }: { user: Loose }) => (user.address as Loose).city as string,
      /fails to render for the sample user: .*PreviewProps/,
    ],
    ['rendering nothing', () => null, /nothing/],
  ])('whose component is %s', async (_what, component, message) => {
    await oneProblem(withTemplate({ component }), 'templates.test.component', message);
  });

  test('is rendered with its PreviewProps', async () => {
    const City = ({ user }: { user: { address: { city: string } } }) =>
      createElement('p', null, user.address.city.trim());
    const subject = (user: { address: { city: string } }) => user.address.city;
    await wrong(withTemplate({ component: City, subject })).then((found) => expect(found).toHaveLength(2));
    const sampled = Object.assign(City, { PreviewProps: { user: { address: { city: 'Paris' } } } });
    expect(await wrong(withTemplate({ component: sampled, subject }))).toEqual([]);
    sampled.PreviewProps = { user: {} } as never;
    await oneProblem(
      withTemplate({ component: sampled }),
      'templates.test.component',
      /for its PreviewProps: .*Complete/,
    );
  });

  test('of a wrapped component', async () => {
    expect(await wrong(withTemplate({ component: memo(Email) }))).toEqual([]);
  });

  test('that is no object, or has an unknown property', async () => {
    await oneProblem(
      config({ templates: { welcome: template, test: Email } }),
      'templates.test',
      /Write { subject/,
    );
    await oneProblem(withTemplate({ subjet: 'x' }), 'templates.test.subjet', /Did you mean "subject"/);
  });
});

describe('a transaction', () => {
  const withTransaction = (parts: Loose) =>
    config({ transactions: { test: { event: 'purchase', subject: 'Thanks', component: Email, ...parts } } });

  test('without an event, or with a bad one', async () => {
    await oneProblem(
      withTransaction({ event: undefined }),
      'transactions.test.event',
      /is missing \(Write for example event: "test"/,
    );
    await oneProblem(withTransaction({ event: '' }), 'transactions.test.event', /is empty/);
    await oneProblem(withTransaction({ event: 1 }), 'transactions.test.event', /got the number 1/);
    await oneProblem(withTransaction({ events: [] }), 'transactions.test.events', /Did you mean "event"/);
  });

  test('is rendered with a sample event of its name', async () => {
    let seen: unknown;
    const Receipt = ({ event }: { event: { name: string; createdAt: Date; attributes: Loose } }) => {
      seen = [event.name, event.createdAt instanceof Date, typeof event.attributes.value];
      return createElement('p', null, 'Receipt');
    };
    const subject = (_user: unknown, event: { name: string }) => event.name;
    expect(await wrong(withTransaction({ component: Receipt, subject }))).toEqual([]);
    expect(seen).toEqual(['purchase', true, 'number']);
  });
});
