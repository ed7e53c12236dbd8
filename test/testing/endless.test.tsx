import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Html, Tailwind } from '@react-email/components';
import type { SegflowConfig } from '../../src/config/types.ts';
import type { SegflowError } from '../../src/core/errors.ts';
import { loadConfig } from '../../src/host/child/load-config.ts';
import * as schema from '../../src/schema/index.ts';
import { forecast } from '../../src/testing/forecast.ts';
import { simulate } from '../../src/testing/simulate.ts';

// What never ends is waited for, and longer on a busy machine.
setDefaultTimeout(240_000);

interface Person {
  email: string;
  stuck?: boolean;
}

function stuck(from: number): number {
  let sum = from;
  while (true) {
    sum += Math.sqrt(sum);
    if (sum < 0) return sum; // never
  }
}

function Inner({ user }: { user: Person }) {
  return <p>{user.stuck ? stuck(1) : 'rendered'}</p>; // renders
}

const Hello = ({ user }: { user: Person }) => (
  <Html>
    <Tailwind>
      <Inner user={user} />
    </Tailwind>
  </Html>
);

async function Later() {
  await Promise.resolve();
  return <p>later</p>;
}

type Flow = NonNullable<SegflowConfig<Person>['campaigns']>[string]['flow'];

function configOf(flow: Flow): SegflowConfig<Person> {
  return {
    emailProvider: { config: { name: 'file' }, fromAddress: 'hello@example.com' },
    templates: {
      hello: { subject: 'Hello', component: Hello },
      titled: {
        subject: (user) => (user.stuck ? String(stuck(2)) : 'Hello'), // titles
        component: () => <Later />,
      },
    },
    segments: { everyone: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users) } },
    campaigns: { c: { segments: ['everyone'], behavior: 'static', flow } },
  };
}

const ada = { email: 'ada@example.com' };

/** The lines of this file that the error names. */
async function placesIn(error: SegflowError): Promise<string[]> {
  const lines = (await Bun.file(import.meta.path).text()).split('\n');
  const places = error.message.matchAll(/ at .*\(.*endless\.test\.tsx:(\d+):\d+\)/g);
  return [...places].map(([, line]) => lines[Number(line) - 1]!.trim());
}

async function endOf(promise: Promise<unknown>): Promise<SegflowError> {
  return promise.then(
    () => expect.unreachable(),
    (error: SegflowError) => error,
  );
}

test('a flow that never yields ends the simulation, with its place', async () => {
  const flow: Flow = function* (ctx, rt) {
    yield rt.wait({ days: 1 });
    if (ctx.id === 'bob') stuck(3); // flows
    yield rt.sendEmail('hello');
  };
  await using simulation = await simulate(configOf(flow));
  await simulation.addUser('ada', ada);
  await simulation.advance('12h');
  await simulation.addUser('bob', ada);
  await simulation.advance('12h');
  expect(await simulation.messages()).toHaveLength(1);
  const error = await endOf(simulation.advance('2 days'));
  expect(error).toMatchObject({ code: 'host_timeout' });
  expect(error.message).toMatch(/^campaign "c", user "bob": the flow did not yield within \d+ s\n/);
  expect(await placesIn(error)).toContain("if (ctx.id === 'bob') stuck(3); // flows");
  const at = simulation.now;
  for (const call of [
    () => simulation.advance('1 day'),
    () => simulation.addUser('cid', ada),
    () => simulation.emit('ada', 'login'),
    () => simulation.push(configOf(flow)),
  ]) {
    expect(await endOf(call())).toBe(error);
  }
  expect(simulation.now).toEqual(at);
  expect(await simulation.messages()).toHaveLength(1);
  // The clock is that of the machine again, and chance that of the process.
  expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(10_000);
  expect(Math.random()).not.toBe(Math.random());
});

test('so does one that hangs after a query', async () => {
  await using simulation = await simulate(
    configOf(function* (_ctx, rt) {
      const rows = yield* rt.query((db) => db.select({ id: schema.users.id }).from(schema.users));
      stuck(rows.length); // queried
    }),
  );
  const error = await endOf(simulation.addUser('ada', ada));
  expect(error.message).toContain('campaign "c", user "ada": the flow did not yield');
  expect(await placesIn(error)).toContain('stuck(rows.length); // queried');
});

test('a flow that lets no time pass fails its run, and the simulation goes on', async () => {
  await using simulation = await simulate(
    configOf(function* (_ctx, rt) {
      while (true) yield rt.sendEmail('hello');
    }),
  );
  await simulation.addUser('ada', ada);
  expect(await simulation.messages()).toHaveLength(101);
  const [run] = await simulation.runs();
  expect(run).toMatchObject({ status: 'failed' });
  expect(run!.reason).toMatch(
    /^the flow took 1,000 steps .* the last was "email hello"\. Put an rt\.wait\(\) into the loop\.$/,
  );
  await simulation.advance('1 day');
});

test.each([
  ['hello', "return <p>{user.stuck ? stuck(1) : 'rendered'}</p>; // renders"],
  ['titled', "subject: (user) => (user.stuck ? String(stuck(2)) : 'Hello'), // titles"],
])('an email that never ends ends the simulation: %s; another simulation goes on', async (template, line) => {
  const config = configOf(function* (_ctx, rt) {
    yield rt.sendEmail(template);
  });
  {
    await using simulation = await simulate(config);
    await simulation.addUser('ada', ada);
    const error = await endOf(simulation.addUser('bob', { ...ada, stuck: true }));
    expect(error.message).toMatch(
      new RegExp(`^template "${template}": the email was not rendered within \\d+ s`),
    );
    expect(await placesIn(error)).toContain(line);
    expect(await simulation.messages()).toMatchObject([{ userId: 'ada' }]);
  }
  for (const again of ['hello', 'titled']) {
    await using simulation = await simulate(
      configOf(function* (_ctx, rt) {
        yield rt.sendEmail(again);
      }),
    );
    await simulation.addUser('ada', ada);
    const [message] = await simulation.messages();
    expect(await message!.html()).toContain(again === 'hello' ? 'rendered' : 'later');
  }
});

test('the place is found in files that are loaded as `segflow simulate` loads them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segflow-endless-'));
  try {
    const path = join(folder, 'segflow.config.ts');
    await writeFile(
      path,
      `import * as schema from 'segflow/schema';
interface Ignored { a: 1 }

export default {
  emailProvider: { config: { name: 'file' }, fromAddress: 'hello@example.com' },
  segments: { everyone: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users) } },
  campaigns: { c: { segments: ['everyone'], behavior: 'static', flow: function* loops(ctx, rt) {
    yield rt.wait({ days: 1 });
    let sum: number = 1;
    while (sum > 0) sum += Math.sqrt(sum);
  } } },
};
`,
    );
    const { config } = await loadConfig(path);
    const day = 86_400_000;
    const options = { users: 3, start: Date.UTC(2026, 0, 1), lengthMs: 9 * day, stepMs: day / 24, seed: 1 };
    const error = await endOf(forecast(config, options));
    expect(error.message).toMatch(/^campaign "c", user "user-\d": the flow did not yield within \d+ s\n/);
    expect(error.message).toMatch(/ at loops \(.*segflow\.config\.ts:([789]|10):\d+\)/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
