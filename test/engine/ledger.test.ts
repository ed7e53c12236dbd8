import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged } from './world.ts';

const CONFIG = configOf({
  segments: `on: ${flagged('on')}, vip: ${flagged('vip')}`,
  templates: `other: { subject: 'Other', component: ({ user }) => { if (user.broken) throw new Error('broken'); return <p>{user.email}</p>; } },`,
  transactions: `order: { event: 'purchase', subject: 'Order', component }`,
  campaigns: `
    a: { segments: ['on'], behavior: 'dynamic', exitWhen: { event: 'stop' }, priority: 3, flow: function* (ctx, rt) {
      while (true) {
        yield rt.sendEmail('hello');
        const first = yield* rt.race({ bought: rt.waitForEvent('purchase'), vip: rt.waitForSegment('vip'), late: rt.wait({ hours: 7 }) });
        if (first.label === 'late') yield rt.emit('idle'); else yield rt.sendEmail('other', { subject: first.label });
        if (first.label === 'vip') yield rt.wait({ days: 1 });
      } } },
    b: { segments: ['everyone'], excludeSegments: ['vip'], behavior: 'static', reentry: { after: '2d' }, spread: '2h', goal: { event: 'purchase', within: '1d' }, flow: function* (ctx, rt) {
      yield rt.waitUntil({ time: '09:00' });
      if (yield* rt.inSegment('on')) yield rt.startCampaign('d');
      const [{ n }] = yield* rt.query((db) => db.select({ n: sql\`count(*)\` }).from(schema.events).where(eq(schema.events.name, 'purchase')));
      if (n > 3) yield rt.updateUser({ vip: true });
      if (n === 2) throw new Error('two purchases');
      yield rt.sendEmail('other'); } },
    d: { segments: ['vip'], behavior: 'static', flow: function* (ctx, rt) { yield rt.run('hook', ({ attempt }) => { if (attempt < 2) throw new Error('no'); }); yield rt.sendEmail('hello'); } }`,
});

/** A linear congruential generator: the same numbers for a seed. */
const numbers = (seed: number) => {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

test.each([1, 2, 3])(
  'whatever happens, each message is accounted for and none leaves twice (seed %d)',
  async (seed) => {
    const random = numbers(seed);
    await using world = await engineWorld();
    await world.push(CONFIG);
    const ids = Array.from({ length: 12 }, (_, i) => `u${i}`);
    for (let round = 0; round < 150; round++) {
      const id = ids[random(ids.length)]!;
      const flip = random(2) === 0;
      const happenings = [
        () => world.add(id, { on: flip }),
        () => world.add(id, { vip: flip, timezone: flip ? 'Asia/Kathmandu' : 'America/New_York' }),
        () => world.add(id, { broken: flip ? true : null }),
        () => world.emit(id, 'purchase', { n: round }),
        () => world.emit(id, 'stop'),
        () => world.restart(),
        () => world.engine.pause(['a', 'b', undefined][random(3)], 'test'),
        () => world.engine.resume(['a', 'b', undefined][random(3)]),
        () => world.engine.retryRuns({}),
        async () => world.postmark.fault({ status: 503, times: 1 }),
        async () => {
          if (flip) await world.submit({ type: 'delete', id });
        },
        () => world.advance(`${1 + random(20)}h`),
      ];
      await happenings[random(happenings.length)]!();
    }
    for (const what of ['a', 'b', 'd', undefined]) await world.engine.resume(what);
    for (const id of ids) await world.add(id, { on: false, vip: false });
    await world.advance('5d');

    const { messages, runs, campaigns } = await world.store.counts();
    const all = await world.store.listMessages({ limit: 10_000 });
    const tally = (list: string[]) =>
      Object.fromEntries(
        Map.groupBy(list, (item) => item)
          .entries()
          .map(([key, group]) => [key, group.length]),
      );
    expect(messages as Record<string, number>).toEqual(tally(all.map(({ status }) => status)));
    expect(
      Object.keys(messages).filter((status) => ['queued', 'sending', 'unknown'].includes(status)),
    ).toEqual([]);
    const accepted = world.postmark.accepted.map(({ message }) => JSON.stringify(message.Metadata));
    expect(new Set(accepted).size).toBe(accepted.length);
    expect(accepted).toHaveLength(messages.sent ?? 0);
    const known = (await Promise.all(ids.map((id) => world.store.runsOfUser(id, 1_000)))).flat();
    expect(runs as Record<string, number>).toEqual(tally(known.map(({ status }) => status)));
    expect(
      Object.fromEntries(
        campaigns.filter(({ entered }) => entered > 0).map(({ id, entered }) => [id, entered]),
      ),
    ).toEqual(tally(known.map(({ campaignId }) => campaignId)));
    expect(runs.blocked ?? 0).toBe(0);
  },
);
