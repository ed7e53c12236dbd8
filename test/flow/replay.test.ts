import { describe, expect, test } from 'bun:test';
import type { UserContext } from '../../src/config/types.ts';
import { MAX_DURATION_MS } from '../../src/core/duration.ts';
import { MAX_COMMANDS_PER_ACTIVATION } from '../../src/flow/activation/endless-loop.ts';
import type { Runtime } from '../../src/flow/commands/runtime.ts';
import { parseJournal, rollHash } from '../../src/flow/journal/journal.ts';
import { DrivenRun, seeded } from './drive.ts';

const DAY = 86_400_000;
const SENT = { status: 'sent', messageId: 'msg_1' };

describe('a run', () => {
  test('goes from email to wait to its end, as the journal says', () => {
    const told: unknown[] = [];
    const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      told.push(yield rt.sendEmail('welcome email'));
      told.push(yield rt.wait({ days: 1, hours: 12 }));
      const outcome = yield* rt.sendEmail('tips');
      told.push(outcome.status);
    });
    expect(run.pending()).toEqual({ kind: 'email', template: 'welcome email' });
    run.at += 5000;
    expect(run.pending(SENT)).toEqual({ kind: 'wait', until: run.at + 1.5 * DAY });
    run.at += 2 * DAY;
    expect(run.pending(null)).toEqual({ kind: 'email', template: 'tips' });
    told.length = 0;
    run.at += 1;
    expect(run.pending(SENT)).toBeNull();
    expect(told).toEqual([SENT, undefined, 'sent']);
    expect(run.journal.replace(/^@.*$/gm, '@')).toBe(
      '@\n>email welcome%20email -\n' +
        `@\n<${JSON.stringify(SENT)}\n>wait 1d12h -\n` +
        '@\n<null\n>email tips -\n' +
        `@\n<${JSON.stringify(SENT)}\n`,
    );
    const journal = parseJournal(run.journal);
    expect(journal.entries.map((entry) => [entry.kind, entry.key])).toEqual([
      ['email', 'welcome email'],
      ['wait', '1d12h'],
      ['email', 'tips'],
    ]);
    expect(journal.entries[1]!.at).toBe(Date.UTC(2026, 0, 1) + 5000);
    expect(journal.starts).toEqual([0, 1, 2, 3]);
  });

  test('counts its commands', () => {
    const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      for (let i = 0; i < 3; i++) yield rt.wait({ days: 2 ** i });
    });
    const positions = [run.step(), run.step(null), run.step(null), run.step(null)].map(
      (output) => output.position,
    );
    expect(positions).toEqual([1, 2, 3, 3]);
  });

  test('waits for nothing at all, or for ever and again', () => {
    const zero = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      yield rt.wait({ seconds: 0 });
    });
    expect(zero.pending()).toEqual({ kind: 'wait', until: zero.at });
    expect(zero.pending(null)).toBeNull();

    const loop = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      while (true) yield rt.wait({ days: 30 });
    });
    let result: null | undefined;
    for (let i = 0; i < 200; i++) {
      expect(loop.pending(result)).toEqual({ kind: 'wait', until: loop.at + 30 * DAY });
      result = null;
      loop.at += 30 * DAY;
    }
  });

  test('waits exactly as long as it says, whatever the length', () => {
    const random = seeded(5);
    for (let i = 0; i < 500; i++) {
      const milliseconds = Math.floor(random() ** 4 * MAX_DURATION_MS);
      const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
        yield rt.wait({ milliseconds });
      });
      expect(run.pending()).toEqual({ kind: 'wait', until: run.at + milliseconds });
    }
  });

  test('hashes alike when it did the same at another time', () => {
    const flow = function* (_ctx: UserContext, rt: Runtime) {
      yield rt.sendEmail('a');
      yield rt.wait({ days: 1 });
    };
    const hashes = [0, 12_345].map((offset) => {
      const run = new DrivenRun(flow);
      run.at += offset;
      run.step();
      run.at += 2 * offset;
      run.step(SENT);
      return rollHash('', run.journal);
    });
    expect(hashes[0]).toBe(hashes[1]!);
  });

  test('that failed is taken up where it failed', () => {
    let broken = true;
    const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
      const outcome = yield* rt.sendEmail('a');
      if (broken) throw new Error('not yet');
      yield rt.sendEmail(`after-${outcome.status}`);
    });
    run.step();
    expect(run.step(SENT)).toMatchObject({ outcome: 'failed', position: 1 });
    broken = false;
    expect(run.pending()).toEqual({ kind: 'email', template: 'after-sent' });
    expect(run.pending(SENT)).toBeNull();
  });
});

describe('a flow that changed', () => {
  const recorded = (flow: unknown, steps: number) => {
    const run = new DrivenRun(flow);
    run.step();
    for (let i = 1; i < steps; i++) run.step(SENT);
    return run;
  };
  const winback = function* (_ctx: UserContext, rt: Runtime) {
    yield rt.sendEmail('winback-email');
    yield rt.wait({ days: 2 });
    yield rt.sendEmail('goodbye');
  };

  test.each([
    [
      'another template',
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.sendEmail('vip-email');
      },
      { position: 0, recorded: 'email winback-email', yielded: 'email vip-email' },
    ],
    [
      'another wait that has a name',
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.sendEmail('winback-email');
        yield rt.wait({ days: 2 }, { id: 'pause' });
      },
      { position: 1, recorded: 'wait 2d', yielded: 'wait 2d (pause)' },
    ],
    [
      'another kind',
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.sendEmail('winback-email');
        yield rt.sendEmail('winback-email');
      },
      { position: 1, recorded: 'wait 2d', yielded: 'email winback-email' },
    ],
    [
      'an early end',
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.sendEmail('winback-email');
      },
      { position: 1, recorded: 'wait 2d', yielded: 'the end of the flow' },
    ],
    [
      'an error where it yielded before',
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.sendEmail('winback-email');
        throw new Error('oops');
      },
      { position: 1, recorded: 'wait 2d', yielded: 'an error: oops' },
    ],
  ])('diverges by %s', (_name, changed, expected) => {
    const run = recorded(winback, 3);
    const before = run.journal;
    run.flow = changed;
    expect(run.step(SENT)).toEqual({ outcome: 'diverged', ...expected });
    expect(run.journal).toBe(before);
  });

  test('goes on when only what is ahead changed', () => {
    const run = recorded(winback, 2);
    run.flow = function* (_ctx: UserContext, rt: Runtime) {
      yield rt.sendEmail('winback-email');
      yield rt.wait({ days: 3 });
      yield rt.sendEmail('something-new');
    };
    expect(run.pending(null)).toEqual({ kind: 'email', template: 'something-new' });
  });

  test('is blocked, not failed, by a journal that makes no sense', () => {
    for (const journal of ['@1\n?x\n', '@1\n>email a -', '@1\n<null\n', '@1\n>email a -\n@2\n>email b -\n']) {
      const run = new DrivenRun(function* (_ctx: UserContext, rt: Runtime) {
        while (true) yield rt.sendEmail('a');
      });
      run.journal = journal;
      expect(run.step(null)).toMatchObject({ outcome: 'diverged', yielded: 'nothing' });
    }
  });

  test('compares what it changed, whatever the order of the keys', () => {
    const changing = (patch: Record<string, unknown>) =>
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.updateUser(patch);
        yield rt.sendEmail('a');
        yield rt.sendEmail('b');
      };
    const run = new DrivenRun(changing({ x: 1, y: [2] }));
    run.step();
    run.flow = changing({ y: [2], x: 1 });
    expect(run.pending(SENT)).toEqual({ kind: 'email', template: 'b' });
    expect(parseJournal(run.journal).entries[0]!.argsHash).toMatch(/^[0-9a-f]{14}$/);
    run.flow = changing({ y: [3], x: 1 });
    expect(run.step(SENT)).toEqual({
      outcome: 'diverged',
      position: 0,
      recorded: 'update x, y',
      yielded: 'update x, y with other values',
    });
  });
});

describe('refused with a reason:', () => {
  const failure = (flow: unknown) => {
    const output = new DrivenRun(flow).step();
    if (output.outcome !== 'failed') throw new Error(`not refused: ${JSON.stringify(output)}`);
    expect(output.appended).toStartWith('@');
    return output.error.message;
  };

  test('what is no generator function', () => {
    expect(failure(undefined)).toContain('is undefined');
    expect(failure(() => 5)).toContain('returned the number "5"');
    expect(failure(() => Promise.reject(new Error('late')))).toContain('returned a promise');
    let ran = false;
    expect(
      failure(async () => {
        ran = true;
      }),
    ).toContain('async');
    expect(
      failure(async function* () {
        ran = true;
        yield 1;
      }),
    ).toContain('async');
    expect(ran).toBe(false);
  });

  test('what is no command', () => {
    expect(
      failure(function* () {
        yield Promise.reject(new Error('late'));
      }),
    ).toContain('yielded a promise');
    expect(
      failure(function* () {
        yield 'welcome-email';
      }),
    ).toContain('yielded the string "welcome-email"');
    expect(
      failure(function* (_ctx: UserContext, rt: Runtime) {
        yield { ...rt.wait({ days: 1 }) };
      }),
    ).toContain('yielded an object');
  });

  test('a command that is returned, which nobody would carry out', () => {
    const returning = (command: (rt: Runtime) => unknown) =>
      function* (_ctx: UserContext, rt: Runtime) {
        yield rt.now();
        return command(rt);
      };
    expect(failure(returning((rt) => rt.sendEmail('welcome-email')))).toBe(
      'the flow returned a command instead of yielding it ("email welcome-email"): write yield before it',
    );
    const ending = new DrivenRun(returning((rt) => rt.exit('done')));
    expect(ending.step()).toMatchObject({ outcome: 'advanced', pending: null });
  });

  test('arguments that make no sense', () => {
    expect(
      failure(function* (_ctx: UserContext, rt: Runtime) {
        yield rt.wait({ days: Number.NaN });
      }),
    ).toContain('finite number');
  });

  test('a loop that never waits', () => {
    for (const name of ['emit', 'now'] as const) {
      const never = function* (_ctx: UserContext, rt: Runtime) {
        while (true) yield rt[name]('a');
      };
      expect(failure(never)).toContain('10,000 commands without ever waiting');
      const almost = function* (_ctx: UserContext, rt: Runtime) {
        for (let i = 0; i < MAX_COMMANDS_PER_ACTIVATION; i++) yield rt[name]('a');
      };
      const run = new DrivenRun(almost);
      expect(run.pending()).toBeNull();
      expect(run.follows()).toBe(true);
    }
    const anew = function* (_ctx: UserContext, rt: Runtime) {
      yield rt.continueAsNew();
    };
    expect(failure(anew)).toContain('without ever waiting');
  });

  test('what it throws, with the place', () => {
    const output = new DrivenRun(function* namedFlow() {
      yield* [];
      throw new TypeError('no such thing');
    }).step();
    if (output.outcome !== 'failed') throw new Error('did not fail');
    expect(output.error.message).toBe('no such thing');
    expect(output.error.stack).toContain('namedFlow');
    expect(output.error.stack).toContain('replay.test.ts');
    const odd = new DrivenRun(function* () {
      yield* [];
      throw 'a string';
    }).step();
    expect(odd).toMatchObject({ outcome: 'failed', error: { message: 'a string', stack: '' } });
  });
});

test('a replay alone says which attributes it had to guess', () => {
  const flow = (body: (ctx: UserContext, rt: Runtime) => Generator) => body as never;
  const run = new DrivenRun(
    flow(function* (ctx, rt) {
      if ((ctx.attributes as { plan?: string }).plan === 'pro') yield rt.sendEmail('hello');
      yield rt.wait({ days: 1 });
    }),
    { attributes: { plan: 'free', vip: true } },
  );
  run.pending();
  expect(run.activate(undefined, { replayOnly: true })).not.toHaveProperty('guessed');
  run.flow = flow(function* (ctx, rt) {
    const { plan, vip } = ctx.attributes as { plan?: string; vip?: boolean };
    if (vip) yield rt.sendEmail(`for ${plan}`);
    yield rt.wait({ days: 1 });
  });
  expect(run.activate(undefined, { replayOnly: true })).toMatchObject({
    outcome: 'diverged',
    guessed: ['vip'],
  });
});
