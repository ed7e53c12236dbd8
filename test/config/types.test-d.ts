/*
 * Types, checked by tsc (`npm run types`, and types.test.ts for the seed's configs): nothing here runs. An expectation that no
 * longer errors is an error itself.
 */
import { eq, sql } from 'drizzle-orm';
import type { Json } from '../../src/core/json.ts';
import type {
  EmailOutcome,
  Flow,
  FlowEvent,
  Runtime,
  SegflowConfig,
  Segment,
  UserContext,
} from '../../src/index.ts';
import { defineConfig } from '../../src/index.ts';
import * as schema from '../../src/schema/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(): T | undefined {
  return undefined;
}

interface Attributes {
  username: string;
  email: string;
  plan?: 'free' | 'pro';
}

const emailProvider: SegflowConfig['emailProvider'] = {
  config: { name: 'postmark', apiKey: process.env.POSTMARK_API_KEY! },
  fromAddress: 'hello@example.com',
};
const Email = ({ user }: { user: Attributes }) => user.username;

// --- subjects and components know the user ---

export const config: SegflowConfig<Attributes> = {
  emailProvider,
  templates: {
    good: {
      subject: (user) => {
        expectType<Equal<typeof user, Attributes>>();
        return `Hello ${user.username}`;
      },
      component: Email,
    },
    'plain subject': { subject: 'Hello', component: Email },
    'further props, from rt.sendEmail': {
      subject: 'Your code',
      component: ({ user, code = '' }: { user: Attributes; code?: string }) => user.username + code,
    },
    'an attribute that users do not have': {
      subject: 'Hello',
      // @ts-expect-error
      component: ({ user }: { user: Attributes & { token: string } }) => user.token,
    },
    'no such attribute': {
      // @ts-expect-error
      subject: (user) => user.nickname,
      component: Email,
    },
    'subject of another type': {
      // @ts-expect-error
      subject: () => 42,
      component: Email,
    },
    'component of other props': {
      subject: 'Hello',
      // @ts-expect-error
      component: ({ account }: { account: string }) => account,
    },
    // @ts-expect-error
    'no component': { subject: 'Hello' },
  },
  transactions: {
    purchase: {
      event: 'purchase',
      subject: (user, event) => {
        expectType<Equal<typeof user, Attributes>>();
        expectType<Equal<typeof event.createdAt, Date>>();
        return `${user.username}: ${event.name}`;
      },
      component: Email,
    },
    // @ts-expect-error
    'no event': { subject: 'Hello', component: Email },
  },
};

defineConfig<Attributes>({
  emailProvider,
  templates: { hello: { subject: (user) => user.username, component: Email } },
});

// @ts-expect-error a sender is needed
defineConfig({ emailProvider: { config: { name: 'file' } } });
// @ts-expect-error an unknown provider
defineConfig({ emailProvider: { config: { name: 'pigeon' }, fromAddress: 'hello@example.com' } });
// @ts-expect-error no such section
defineConfig({ emailProvider, campains: {} });

// --- a segment selects user ids ---

const { users, events } = schema;
export const segments: Record<string, Segment> = {
  users: { evaluator: (db) => db.select({ id: users.id }).from(users) },
  distinct: { evaluator: (db) => db.selectDistinct({ id: events.userId }).from(events) },
  joined: {
    evaluator: (db) =>
      db
        .select({ id: users.id })
        .from(users)
        .innerJoin(events, eq(events.userId, users.id))
        .where(eq(events.name, 'purchase'))
        .groupBy(users.id)
        .having(sql`count(*) > 2`)
        .limit(10),
  },
  with: {
    evaluator: (db) => {
      const buyers = db.$with('buyers').as(db.select({ id: events.userId }).from(events));
      return db.with(buyers).select({ id: buyers.id }).from(buyers);
    },
  },
  union: {
    evaluator: (db) =>
      db
        .select({ id: users.id })
        .from(users)
        .union(db.select({ id: events.userId }).from(events)),
  },
  expression: { evaluator: (db) => db.select({ id: sql<string>`distinct ${events.userId}` }).from(events) },
  text: { evaluator: () => sql`select id from users` },
  'another column': {
    // @ts-expect-error
    evaluator: (db) => db.select({ name: events.name }).from(events),
  },
  'all columns': {
    // @ts-expect-error
    evaluator: (db) => db.select().from(users),
  },
  'a number': {
    // @ts-expect-error
    evaluator: (db) => db.select({ id: events.id }).from(events),
  },
  'no from': {
    // @ts-expect-error
    evaluator: (db) => db.select({ id: users.id }),
  },
  'a promise': {
    // @ts-expect-error
    evaluator: async (db) => db.select({ id: users.id }).from(users),
  },
  nothing: {
    // @ts-expect-error
    evaluator: (db) => {
      db.select({ id: users.id }).from(users);
    },
  },
  'every hour': {
    evaluator: () => sql`select id from users`,
    triggers: { every: { hours: 1 }, events: ['login'] },
  },
  'unknown trigger': {
    evaluator: () => sql`select id from users`,
    // @ts-expect-error
    triggers: { evry: '1h' },
  },
};

// --- flows ---

export const flows: Record<string, Flow<Attributes>> = {
  *method(ctx, rt) {
    expectType<Equal<typeof ctx, UserContext<Attributes>>>();
    expectType<Equal<typeof rt, Runtime>>();
    yield rt.sendEmail('hello');
    if (ctx.attributes.plan === 'pro') return;
    for (;;) yield rt.wait({ days: 1, hours: 12 });
  },
  annotated: function* (ctx: UserContext<Attributes>, rt: Runtime) {
    yield rt.sendEmail(ctx.attributes.email);
  },
  results: function* (_ctx, rt) {
    const outcome = yield* rt.sendEmail('hello');
    expectType<Equal<typeof outcome, EmailOutcome>>();
    if (outcome.status === 'failed') return;
    const nothing = yield* rt.wait({ weeks: 1 });
    expectType<Equal<typeof nothing, void>>();
  },
  shared: function* (ctx, rt) {
    yield* drip(ctx, rt);
  },
  // @ts-expect-error a flow yields commands
  'yields a text': function* () {
    yield 'hello';
  },
  // @ts-expect-error a flow yields commands
  'yields a promise': function* () {
    yield Promise.resolve();
  },
  // @ts-expect-error a flow is no async generator
  async: async function* (_ctx, rt) {
    yield rt.sendEmail('hello');
  },
  // @ts-expect-error a flow is a generator
  plain: () => undefined,
  'unknown unit': function* (_ctx, rt) {
    // @ts-expect-error
    yield rt.wait({ day: 1 });
  },
  'attributes are read-only': function* (ctx, rt) {
    // @ts-expect-error
    ctx.attributes.username = 'another';
    yield rt.wait({ days: 1 });
  },
};

// --- what commands give ---

type Nothing = ReturnType<() => void>;
type RaceOf = { label: 'bought'; value: FlowEvent | null } | { label: 'late'; value: Nothing };

export const results: Record<string, Flow<Attributes>> = {
  *given(ctx, rt) {
    expectType<Equal<typeof ctx.event, FlowEvent | null>>();
    expectType<Equal<typeof ctx.state, unknown>>();
    const event = yield* rt.waitForEvent('purchase', { timeout: { days: 3 }, match: { plan: 'pro' } });
    expectType<Equal<typeof event, FlowEvent | null>>();
    const vip = yield* rt.waitForSegment('vip');
    expectType<Equal<typeof vip, boolean>>();
    const now = yield* rt.now();
    expectType<Equal<typeof now, Date>>();
    const variant = yield* rt.variant('color', { red: 1, blue: 2 });
    expectType<Equal<typeof variant, 'red' | 'blue'>>();
    const told = yield* rt.run('hook', async () => ({ id: 5 }));
    expectType<Equal<typeof told, { id: number }>>();
    const sync = yield* rt.run('hook', ({ attempt }) => attempt);
    expectType<Equal<typeof sync, number>>();
    if (yield* rt.patched('new')) yield rt.updateUser({ plan: null });
    yield* rt.sleepUntil('2027-01-01');
    yield rt.waitUntil({ time: '09:00', weekdays: ['mon'] });
    yield rt.emit('done', { at: new Date() });
    yield rt.startCampaign('other');
    if (yield* rt.inSegment('vip')) yield* rt.exit('is a vip');
    yield* rt.continueAsNew({ round: 2 });
  },
  *race(_ctx, rt) {
    const first = yield* rt.race({ bought: rt.waitForEvent('purchase'), late: rt.wait({ days: 3 }) });
    expectType<Equal<typeof first, RaceOf>>();
    if (first.label === 'bought') expectType<Equal<typeof first.value, FlowEvent | null>>();
    // @ts-expect-error no such label
    if (first.label === 'never') return;
  },
  *query(_ctx, rt) {
    const rows = yield* rt.query((db, userId) =>
      db
        .select({ name: events.name, at: events.createdAt, n: sql<number>`count(*)` })
        .from(events)
        .where(eq(events.userId, userId)),
    );
    expectType<Equal<typeof rows, { name: string; at: Date; n: number }[]>>();
    const [user] = yield* rt.query((db) => db.select().from(users));
    expectType<Equal<NonNullable<typeof user>['createdAt'], Date>>();
    const loose = yield* rt.query(() => sql`select 1 as n`);
    expectType<Equal<(typeof loose)[0], Record<string, Json>>>();
    // @ts-expect-error a query is built, not run
    yield rt.query(async (db) => db.select().from(users));
  },
  *refused(_ctx, rt) {
    // @ts-expect-error only what happens by itself can be raced
    yield rt.race({ mail: rt.sendEmail('hello') });
    // @ts-expect-error a weekday
    yield rt.waitUntil({ time: '09:00', weekdays: ['Monday'] });
    // @ts-expect-error weights are numbers
    yield rt.variant('color', { red: 'a' });
    // @ts-expect-error no such option
    yield rt.sendEmail('hello', { to: 'x' });
    // @ts-expect-error a name is needed
    yield rt.run(async () => 1);
  },
  // A generator without a type of its own.
  *helper(ctx, rt) {
    const value = yield* asking(rt);
    expectType<Equal<typeof value, 'none' | FlowEvent>>();
    yield* drip(ctx, rt);
  },
};

function* asking(rt: Runtime) {
  const outcome = yield* rt.sendEmail('hello');
  if (outcome.status === 'failed') yield* rt.exit('no address');
  return (yield* rt.waitForEvent('purchase')) ?? 'none';
}

function* drip(_ctx: UserContext<Attributes>, rt: Runtime) {
  yield rt.sendEmail('hello');
  yield rt.wait({ days: 3 });
}

export const campaigns: SegflowConfig<Attributes>['campaigns'] = {
  // @ts-expect-error
  'unknown behavior': { segments: ['users'], behavior: 'sometimes', flow: drip },
  // @ts-expect-error
  'segments not in a list': { segments: 'users', behavior: 'static', flow: drip },
  options: {
    segments: ['users'],
    behavior: 'dynamic',
    reentry: { after: { days: 90 } },
    exitWhen: { event: 'purchase' },
    goal: { segment: 'customers', within: '30d' },
    priority: 5,
    spread: { hours: 2 },
    flow: drip,
  },
  // @ts-expect-error
  'a goal of nothing': { segments: ['users'], behavior: 'static', goal: { within: '30d' }, flow: drip },
  // @ts-expect-error
  'unknown reentry': { segments: ['users'], behavior: 'static', reentry: 'never', flow: drip },
};
