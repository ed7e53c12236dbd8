import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActivationRequest } from '../../src/engine/ports/host.ts';
import type { ActivationOutput } from '../../src/flow/activation/activation.ts';
import { activation, bundleOf, flowBundle, hostFor, isAlive, until } from './bundles.ts';

setDefaultTimeout(180_000);

/** Short, and yet more than an innocent flow or module takes on a busy machine. */
const SHORT = { timeoutMs: 1_500, processes: 1 };

function outcomes(results: ActivationOutput[]): string[] {
  return results.map((result) => result.outcome);
}

function errorOf(result: ActivationOutput | undefined) {
  if (result?.outcome !== 'failed') throw new Error(`did not fail: ${JSON.stringify(result)}`);
  return result.error;
}

describe('advancing runs', () => {
  test('gives each its result, in order, whatever the number', async () => {
    await using host = hostFor({ processes: 2 });
    const bundle = flowBundle("yield rt.sendEmail('t-' + ctx.attributes.n)");
    expect(await host.advance(bundle, [])).toEqual([]);
    const requests = Array.from({ length: 1200 }, (_, n) => activation(n, { attributes: { n } }));
    const results = await host.advance(bundle, requests);
    const templates = results.map((result) =>
      result.outcome === 'advanced' && result.pending?.kind === 'email' ? result.pending.template : result,
    );
    expect(templates).toEqual(requests.map((_, n) => `t-${n}`));
    expect(host.pids()).toHaveLength(2);
  });

  test('goes on from the journal with the result', async () => {
    await using host = hostFor();
    const bundle = flowBundle(`
      const outcome = yield* rt.sendEmail('a');
      if (outcome.status === 'sent') yield rt.wait({ days: 2 });`);
    const [first] = await host.advance(bundle, [activation(1)]);
    if (first?.outcome !== 'advanced') throw new Error('did not advance');
    const result = { status: 'sent', messageId: 'm' };
    const [second] = await host.advance(bundle, [activation(1, { journal: first.appended, result, at: 5 })]);
    expect(second).toMatchObject({ pending: { kind: 'wait', until: 5 + 2 * 86_400_000 }, position: 2 });
  });

  test('keeps two bundles apart, and their environments', async () => {
    await using host = hostFor({
      processes: 1,
      environment: { PATH: process.env.PATH, B: 'server', C: 'secret' },
    });
    const body = 'yield rt.sendEmail([AT_IMPORT, process.env.A, process.env.B, process.env.C].join())';
    const options = { before: 'const AT_IMPORT = process.env.A;' };
    const one = flowBundle(body, { ...options, environment: { A: 'one', B: 'captured' } });
    const two = { ...one, environment: { A: 'two' } };
    for (let round = 0; round < 3; round++) {
      const [first] = await host.advance(one, [activation(1)]);
      const [second] = await host.advance(two, [activation(1)]);
      expect(first).toMatchObject({ pending: { template: 'one,one,server,' } });
      expect(second).toMatchObject({ pending: { template: 'two,two,,' } });
    }
  });

  test('remembers more bundles than a child keeps', async () => {
    await using host = hostFor({ processes: 1 });
    const bundles = Array.from({ length: 12 }, (_, n) => flowBundle(`yield rt.sendEmail('b${n}')`));
    for (let round = 0; round < 2; round++) {
      for (const [n, bundle] of bundles.entries()) {
        const [result] = await host.advance(bundle, [activation(1)]);
        expect(result).toMatchObject({ pending: { template: `b${n}` } });
      }
    }
  });

  test('blocks a run whose campaign the code does not have', async () => {
    await using host = hostFor();
    const results = await host.advance(flowBundle(''), [activation(1, { campaignId: 'toString' })]);
    expect(results[0]).toMatchObject({ outcome: 'diverged', yielded: 'no such campaign' });
  });
});

describe('a guilty flow fails alone:', () => {
  const batch = (guilty: number[], size = 40) =>
    Array.from({ length: size }, (_, n) => activation(n, { attributes: { guilty: guilty.includes(n) } }));
  const expected = (guilty: number[], size = 40) =>
    Array.from({ length: size }, (_, n) => (guilty.includes(n) ? 'failed' : 'advanced'));
  const ifGuilty = (what: string) =>
    flowBundle(`if (ctx.attributes.guilty) { ${what} } yield rt.sendEmail('a')`);

  test('one that throws', async () => {
    await using host = hostFor();
    const results = await host.advance(ifGuilty("throw new RangeError('too far')"), batch([0, 7]));
    expect(outcomes(results)).toEqual(expected([0, 7]));
    expect(errorOf(results[7]).message).toBe('too far');
  });

  test('one that hangs', async () => {
    await using host = hostFor(SHORT);
    const results = await host.advance(ifGuilty('while (true) {}'), batch([13]));
    expect(outcomes(results)).toEqual(expected([13]));
    expect(errorOf(results[13]).message).toBe('the flow did not yield within 1.5 s');
    expect(results[13]).toMatchObject({ appended: '', position: 0 });
  });

  test('several that hang, the first and the last among them', async () => {
    // Those after the second are given a tenth of that.
    await using host = hostFor({ timeoutMs: 3_000, processes: 1 });
    const guilty = [0, 1, 20, 21, 39];
    const results = await host.advance(ifGuilty('while (true) {}'), batch(guilty));
    expect(outcomes(results)).toEqual(expected(guilty));
  });

  test('one that asks to end the process', async () => {
    await using host = hostFor();
    const bundle = ifGuilty('process.exit(3)');
    await host.advance(bundle, batch([]));
    const pids = host.pids();
    const results = await host.advance(bundle, batch([2]));
    expect(outcomes(results)).toEqual(expected([2]));
    expect(errorOf(results[2]).message).toContain('process.exit(3)');
    expect(host.pids()).toEqual(pids);
  });

  test('one that does end the process', async () => {
    await using host = hostFor({ processes: 1 });
    const results = await host.advance(ifGuilty("process.kill(process.pid, 'SIGKILL')"), batch([5, 6]));
    expect(outcomes(results)).toEqual(expected([5, 6]));
    expect(errorOf(results[5]).message).toBe('the flow ended its process (killed by SIGKILL)');
  });

  test('one that takes all the memory', async () => {
    // A busy machine takes its time to fill the memory.
    await using host = hostFor({ processes: 1, timeoutMs: 30_000, memoryMb: 200 });
    const bomb = 'const all = []; while (true) all.push(new Uint8Array(1e6).fill(1))';
    const results = await host.advance(ifGuilty(bomb), batch([3], 6));
    expect(outcomes(results)).toEqual(expected([3], 6));
    expect(errorOf(results[3]).message).toBe('the flow took more than 200 MB of memory');
  });

  test('one that yields a promise, and one that is async', async () => {
    await using host = hostFor();
    const late = "yield Promise.reject(new Error('late'))";
    const results = await host.advance(ifGuilty(late), batch([1]));
    expect(outcomes(results)).toEqual(expected([1]));
    expect(errorOf(results[1]).message).toContain('yielded a promise');
    const asynchronous = bundleOf('{ campaigns: { c: { flow: async function* () {} } } }');
    const [result] = await host.advance(asynchronous, [activation(1)]);
    expect(errorOf(result).message).toContain('async');
  });

  test('but one that was killed from outside is tried again', async () => {
    await using host = hostFor({ processes: 1, timeoutMs: 30_000 });
    const folder = await mkdtemp(join(tmpdir(), 'segflow-killed-'));
    const bundle = flowBundle(
      `if (ctx.attributes.slow) {
        console.log('begun');
        while (!existsSync(${JSON.stringify(join(folder, 'killed'))})) {}
      }
      yield rt.sendEmail('a')`,
      { before: "import { existsSync } from 'node:fs';" },
    );
    const working = host.advance(bundle, [activation(1, { attributes: { slow: true } }), activation(2)]);
    await host.said('begun');
    process.kill(host.pids()[0]!, 'SIGKILL');
    await writeFile(join(folder, 'killed'), '');
    expect(outcomes(await working)).toEqual(['advanced', 'advanced']);
    await rm(folder, { recursive: true });
    const begun = () => host.lines.filter((line) => line === 'begun').length;
    await until(() => begun() > 1);
    expect(begun()).toBe(2);
  });
});

/** The results once none says that a side effect is under way. */
async function settled(
  host: ReturnType<typeof hostFor>,
  bundle: ReturnType<typeof flowBundle>,
  requests: ActivationRequest[],
): Promise<ActivationOutput[]> {
  const results = await host.advance(bundle, requests);
  return Promise.all(
    results.map(async (result, index) => {
      let { journal } = requests[index]!;
      while (result.outcome === 'advanced' && result.pending?.kind === 'retry') {
        if (result.pending.error !== null) break;
        journal += result.appended;
        const { result: _told, ...request } = requests[index]!;
        result = (await host.advance(bundle, [{ ...request, journal }]))[0]!;
      }
      return result;
    }),
  );
}

describe('a side effect', () => {
  const RUN = { status: 'pending' };
  /** A server that answers as its test says, and what it was asked. */
  function webhook(answer: (request: Request) => Response | Promise<Response>) {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer });
    return { url: String(server.url), [Symbol.asyncDispose]: () => server.stop(true) };
  }

  test('is awaited, with the real clock and the network, and its result recorded', async () => {
    const keys: (string | null)[] = [];
    await using server = webhook((request) => {
      keys.push(request.headers.get('idempotency-key'));
      return Response.json({ ok: true });
    });
    await using host = hostFor({ processes: 1 });
    const bundle = flowBundle(`
      const before = Date.now();
      const answer = yield* rt.run('notify', async ({ idempotencyKey, attempt, signal }) => {
        const headers = { 'idempotency-key': idempotencyKey };
        const response = await fetch('${server.url}', { headers, signal });
        return { answer: await response.json(), attempt, apart: Date.now() - before };
      });
      console.log('after', Date.now() === before, answer.attempt, answer.answer.ok, answer.apart > 1e6);
      yield rt.sendEmail('done');
      yield rt.wait({ days: 1 })`);
    const [first] = await host.advance(bundle, [activation(5)]);
    expect(first).toMatchObject({
      outcome: 'advanced',
      pending: { kind: 'email', template: 'done' },
      position: 2,
    });
    await host.said('after true 1 true true');
    const journal = first?.outcome === 'advanced' ? first.appended : '';
    const [second] = await host.advance(bundle, [activation(5, { journal, result: RUN })]);
    expect(second).toMatchObject({ outcome: 'advanced', pending: { kind: 'wait' } });
    expect(keys).toEqual([`5.0.${(1_760_000_000_000).toString(36)}`]);
  });

  test('does not hold up the others of its batch, nor does one that hangs while it is awaited', async () => {
    await using host = hostFor({ processes: 1, timeoutMs: 1_500, sideEffectGraceMs: 30_000 });
    const bundle = flowBundle(`
      const { kind } = ctx.attributes;
      if (kind === 'slow') yield* rt.run('slow', async () => { console.log('slow'); await Bun.sleep(300); });
      if (kind === 'stuck') yield* rt.run('stuck', async () => { await Bun.sleep(1); while (true) {} });
      if (kind === 'late') yield* rt.run('late', () => new Promise(() => {}), { timeout: { milliseconds: 50 } });
      console.log('past ' + kind);
      yield rt.sendEmail(kind)`);
    const kinds = ['slow', 'quick', 'late', 'quick', 'slow'];
    const requests = kinds.map((kind, n) => activation(n, { attributes: { kind } }));
    const results = await host.advance(bundle, requests);
    expect(results.map((result) => result.outcome === 'advanced' && result.pending?.kind)).toEqual([
      'email',
      'email',
      'retry',
      'email',
      'email',
    ]);
    const said = host.lines;
    expect(said.indexOf('past quick')).toBeLessThan(said.indexOf('past slow'));
    expect(results[2]).toMatchObject({
      pending: { until: activation(2).at + 1000, error: 'it took longer than 0.05 s' },
    });

    const stuck = activation(9, { attributes: { kind: 'stuck' } });
    const mixed = await settled(host, bundle, [requests[0]!, stuck, ...requests]);
    expect(outcomes(mixed)).toEqual(['advanced', 'failed', ...kinds.map(() => 'advanced')]);
    expect(errorOf(mixed[1]).message).toBe('the flow did not yield within 1.5 s');
  });

  test('that is slow goes on apart: other batches pass it, and it is done once', async () => {
    let asked = 0;
    const gate = Promise.withResolvers<void>();
    await using server = webhook(async () => {
      asked++;
      await gate.promise;
      return new Response('opened');
    });
    await using host = hostFor({ processes: 1, sideEffectGraceMs: 50 });
    const bundle = flowBundle(`
      if (ctx.attributes.quick) yield rt.sendEmail('quick');
      yield rt.updateUser({ plan: 'pro' });
      const text = yield* rt.run('open', async () => (await fetch('${server.url}')).text());
      yield rt.emit(text);
      yield rt.sendEmail(text + ' ' + ctx.attributes.plan)`);
    const slow = activation(1, { attributes: { plan: 'free' } });
    const quick = activation(2, { attributes: { quick: true } });
    const [first, other] = await host.advance(bundle, [slow, quick]);
    expect(other).toMatchObject({ pending: { kind: 'email', template: 'quick' } });
    expect(first).toMatchObject({
      outcome: 'advanced',
      position: 2,
      pending: { kind: 'retry', until: slow.at + 1000, error: null },
      effects: [{ kind: 'update', position: 0 }],
    });
    const journal = first?.outcome === 'advanced' ? first.appended : '';
    expect(journal).toEndWith('\n<null\n>run open -\n');
    const later = activation(1, { journal, attributes: { plan: 'pro' } });
    const [second] = await host.advance(bundle, [later]);
    expect(second).toMatchObject({ appended: '', position: 2, pending: { kind: 'retry' } });
    // With the only child waiting, others are served by another.
    expect(await host.advance(bundle, [quick])).toMatchObject([{ pending: { template: 'quick' } }]);
    gate.resolve();
    const [third] = await settled(host, bundle, [later]);
    expect(third).toMatchObject({
      position: 4,
      pending: { kind: 'email', template: 'opened pro' },
      effects: [{ kind: 'emit', name: 'opened', position: 2 }],
      appended: expect.stringMatching(
        /^@\w+\n(!.*\n)?<"opened"\n>emit opened -\n<null\n>email opened%20pro -\n$/,
      ),
    });
    expect(asked).toBe(1);
  });

  test('that hangs at once is the guilty one', async () => {
    await using host = hostFor(SHORT);
    const bundle = flowBundle(`
      if (ctx.attributes.guilty) yield* rt.run('x', () => { while (true) {} });
      yield rt.sendEmail('a')`);
    const requests = [0, 1, 2].map((n) => activation(n, { attributes: { guilty: n === 1 } }));
    expect(outcomes(await settled(host, bundle, requests))).toEqual(['advanced', 'failed', 'advanced']);
  });
});

test('a query is built where Drizzle is, and its rows have the shape of its type', async () => {
  await using host = hostFor({ processes: 1 });
  const bundle = flowBundle(
    `const rows = yield* rt.query((db, id) =>
       db.select({ who: users.id, last: events.createdAt, n: sql\`count(*)\` }).from(events)
         .innerJoin(users, eq(users.id, events.userId)).where(gt(events.createdAt, new Date(Date.now() - 1000)))
         .groupBy(users.id, events.createdAt));
     console.log('rows', JSON.stringify(rows), rows[0].last instanceof Date);
     yield rt.sendEmail('a')`,
    {
      before: `import { eq, gt, sql } from "drizzle-orm"; import { events, users } from "segflow/schema";`,
    },
  );
  const [first] = await host.advance(bundle, [activation(1)]);
  expect(first).toMatchObject({
    pending: {
      kind: 'query',
      sql:
        'select `users`.`id` as `_0`, `events`.`created_at` as `_1`, count(*) as `_2` from `events` ' +
        'inner join `users` on `users`.`id` = `events`.`user_id` where `events`.`created_at` > ? ' +
        'group by `users`.`id`, `events`.`created_at`',
      params: ['2025-10-09 08:53:19.000'],
    },
  });
  const journal = first?.outcome === 'advanced' ? first.appended : '';
  const result = [{ _0: 'ada', _1: '2026-01-02 03:04:05.678', _2: 3 }];
  const [second] = await host.advance(bundle, [activation(1, { journal, result })]);
  expect(second).toMatchObject({ pending: { kind: 'email' } });
  await host.said('rows [{"who":"ada","last":"2026-01-02T03:04:05.678Z","n":3}] true');
});

test('a history of 10,000 steps is said once', async () => {
  await using host = hostFor({ processes: 1 });
  const bundle = flowBundle(`
    for (let i = 0; i < 2; i++) { for (let j = 0; j < 4999; j++) yield rt.emit('a'); yield rt.wait({ days: 1 }); }
    yield rt.wait({ days: 2 }); yield rt.wait({ days: 3 })`);
  let journal = '';
  for (let step = 0; step < 4; step++) {
    const [result] = await host.advance(bundle, [
      activation(3, { journal, ...(journal && { result: null }) }),
    ]);
    if (result?.outcome !== 'advanced') throw new Error(JSON.stringify(result));
    journal += result.appended;
  }
  await host.said('run 3: its history has 10,000 steps');
  expect(host.lines.filter((line) => line.includes('10,000 steps'))).toHaveLength(1);
});

describe('a bundle that cannot be loaded', () => {
  test('because it throws', async () => {
    await using host = hostFor();
    const bundle = flowBundle('', { before: "throw new Error('at the top')" });
    await expect(host.advance(bundle, [activation(1)])).rejects.toMatchObject({
      code: 'invalid_config',
      details: [{ message: 'at the top' }],
    });
    await expect(host.inspect(bundle)).rejects.toMatchObject({ code: 'invalid_config' });
  });

  test('because it hangs', async () => {
    await using host = hostFor(SHORT);
    const bundle = flowBundle('', { before: 'while (true) {}' });
    await expect(host.advance(bundle, [activation(1)])).rejects.toMatchObject({
      code: 'host_timeout',
      message: 'the configuration was not loaded within 1.5 s',
    });
  });

  test('because it ends the process', async () => {
    await using host = hostFor({ processes: 1 });
    const bundle = flowBundle('', { before: 'process.abort()' });
    await expect(host.advance(bundle, [activation(1)])).rejects.toMatchObject({ code: 'host_crashed' });
    await expect(host.inspect(bundle)).rejects.toMatchObject({
      code: 'invalid_config',
      details: [{ message: expect.stringContaining('the configuration ended its process') }],
    });
    expect(outcomes(await host.advance(flowBundle('yield rt.wait({ days: 1 })'), [activation(1)]))).toEqual([
      'advanced',
    ]);
  });
});

test('what flows print goes to the log, once, and not into the protocol', async () => {
  await using host = hostFor({ processes: 1 });
  const bundle = flowBundle(`
    console.log('hello', { a: 1 }); console.error('to stderr'); process.stdout.write('bare\\n');
    process.send?.({ sequence: 1, ok: [] });
    yield rt.sendEmail('a');
    console.log('second'); yield rt.sendEmail('b')`);
  const [first] = await host.advance(bundle, [activation(1)]);
  if (first?.outcome !== 'advanced') throw new Error('did not advance');
  // They come by other ways than the answer.
  for (const text of ['bare', 'to stderr']) await host.said(text);
  host.lines.length = 0;
  const [second] = await host.advance(bundle, [activation(1, { journal: first.appended, result: {} })]);
  expect(second).toMatchObject({ pending: { template: 'b' } });
  await host.said('second');
  expect(host.lines.filter((line) => line.includes('hello'))).toEqual([]);
});

describe('children', () => {
  test('end when there is nothing to do, but for one', async () => {
    await using host = hostFor({ processes: 2, idleMs: 50 });
    const bundle = flowBundle("yield rt.sendEmail('a')");
    const working = host.advance(
      bundle,
      Array.from({ length: 600 }, (_, n) => activation(n)),
    );
    const pids = host.pids();
    expect(pids).toHaveLength(2);
    await working;
    await until(() => pids.filter(isAlive).length === 1);
    expect(pids).toContain(host.pids()[0]!);
  });

  test('end with close, after what they were at', async () => {
    const host = hostFor({ processes: 1 });
    const working = host.advance(flowBundle("yield rt.sendEmail('a')"), [activation(1)]);
    const pids = host.pids();
    await host.close();
    expect(outcomes(await working)).toEqual(['advanced']);
    expect(pids.some(isAlive)).toBe(false);
    await expect(host.advance(flowBundle(''), [activation(1)])).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  test('leave it to the server to end on Ctrl-C or a stop of the service', async () => {
    await using host = hostFor({ processes: 1 });
    const bundle = flowBundle(`
      for (const signal of ['SIGINT', 'SIGTERM']) process.kill(process.pid, signal);
      yield rt.sendEmail('a')`);
    for (let round = 0; round < 3; round++) {
      expect(outcomes(await host.advance(bundle, [activation(1)]))).toEqual(['advanced']);
    }
    expect(host.pids()).toHaveLength(1);
  });

  test('are replaced before the code of old bundles fills them', async () => {
    await using host = hostFor({ processes: 1 });
    const pids = new Set<number>();
    for (let n = 0; n < 60; n++) {
      await host.advance(flowBundle(`yield rt.sendEmail('b${n}')`), [activation(1)]);
      for (const pid of host.pids()) pids.add(pid);
    }
    expect(pids.size).toBe(2);
  });

  test('are cut off by close when they take too long', async () => {
    const host = hostFor({ processes: 1, graceMs: 100 });
    const working = host.advance(flowBundle("console.log('begun'); while (true) {}"), [activation(1)]);
    const failure = working.catch((error: unknown) => error);
    await host.said('begun');
    const pids = host.pids();
    await host.close();
    expect(await failure).toMatchObject({ code: 'unavailable' });
    expect(pids.some(isAlive)).toBe(false);
  });

  test('die with the server, even in the midst of an endless loop', async () => {
    for (const body of ["console.log('begun')", "console.log('begun'); while (true) {}"]) {
      const server = Bun.spawn([process.execPath, `${import.meta.dir}/parent.ts`, body], {
        stdout: 'pipe',
        stderr: 'inherit',
      });
      const reader = server.stdout.getReader();
      let said = '';
      while (!said.includes('begun')) said += new TextDecoder().decode((await reader.read()).value);
      const pid = Number(/child (\d+)/.exec(said)![1]);
      expect(isAlive(pid)).toBe(true);
      server.kill('SIGKILL');
      await until(() => !isAlive(pid));
    }
  });
});
