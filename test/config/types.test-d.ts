/*
 * Types, checked by tsc (`npm run types`, and types.test.ts for the seed's configs): nothing here runs. An expectation that no
 * longer errors is an error itself.
 */
import { eq, sql } from 'drizzle-orm';
import type { EmailOutcome, Flow, Runtime, SegflowConfig, Segment, UserContext } from '../../src/index.ts';
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

function* drip(_ctx: UserContext<Attributes>, rt: Runtime) {
  yield rt.sendEmail('hello');
  yield rt.wait({ days: 3 });
}

export const campaigns: SegflowConfig<Attributes>['campaigns'] = {
  // @ts-expect-error
  'unknown behavior': { segments: ['users'], behavior: 'sometimes', flow: drip },
  // @ts-expect-error
  'segments not in a list': { segments: 'users', behavior: 'static', flow: drip },
};
