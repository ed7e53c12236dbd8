import { expect, test } from 'bun:test';
import { configOf, engineWorld, flagged, type World } from './world.ts';

const flow = (body: string, rest = "segments: ['everyone'], behavior: 'static'") =>
  `{ ${rest}, flow: function* (ctx, rt) { ${body} } }`;
const WAITS = 'yield rt.wait({ days: 9 });';
const SEGMENTS = `pro: ${flagged('pro')}, paid: ${flagged('paid')}`;

async function endings(world: World) {
  const runs = await world.store.runsOfUser('ada', 50);
  return Object.fromEntries(runs.map((run) => [run.campaignId, run.ending]));
}

test('a run says why it ended, and one that goes on says nothing', async () => {
  await using world = await engineWorld();
  const campaigns = `
    through: ${flow('')},
    exits: ${flow("yield rt.exit('enough');")},
    fails: ${flow("throw new Error('no');")},
    leaves: ${flow(WAITS, "segments: ['pro'], behavior: 'dynamic'")},
    byEvent: ${flow(WAITS, "segments: ['everyone'], behavior: 'static', exitWhen: { event: 'bought' }")},
    bySegment: ${flow(WAITS, "segments: ['everyone'], behavior: 'static', exitWhen: { segment: 'paid' }")},
    waits: ${flow(WAITS)}`;
  await world.push(configOf({ segments: SEGMENTS, campaigns: `${campaigns}, gone: ${flow(WAITS)}` }));
  await world.add('ada', { pro: true });
  await world.advance('1 minute');
  expect(await endings(world)).toEqual({
    ...{ through: 'completed', exits: 'exited', fails: 'failed' },
    ...{ leaves: null, byEvent: null, bySegment: null, waits: null, gone: null },
  });
  await world.add('ada', { pro: false, paid: true });
  await world.emit('ada', 'bought');
  await world.push(configOf({ segments: SEGMENTS, campaigns }));
  expect(await endings(world)).toMatchObject({
    ...{ leaves: 'left', byEvent: 'exit_event', bySegment: 'exit_segment', gone: 'removed', waits: null },
  });
});

test('a run that a deployment ended says how', async () => {
  await using world = await engineWorld();
  const kept = `kept: ${flow(WAITS, "segments: ['everyone'], behavior: 'dynamic'")}`;
  const pushed = (campaigns: string) => configOf({ segments: SEGMENTS, campaigns });
  await world.push(pushed(kept));
  await world.add('ada');
  await world.push(pushed(`${kept}, late: ${flow(WAITS)}`), { existing: 'skip', inFlight: 'restart' });
  await world.advance('1 minute');
  const all = (await world.store.runsOfUser('ada', 10)).map(({ campaignId, ending }) => [campaignId, ending]);
  expect(all.toSorted()).toEqual([
    ['kept', null],
    ['kept', 'restarted'],
    ['late', 'skipped'],
  ]);
  await world.push(pushed(kept), { inFlight: 'cancel' });
  expect((await endings(world)).late).toBe('skipped');
  expect((await world.store.latestRuns(['ada'])).find((run) => run.campaignId === 'kept')!.ending).toBe(
    'cancelled',
  );
});

test('a retry is counted, and takes the ending back', async () => {
  await using world = await engineWorld();
  const broken = flow("yield rt.wait({ hours: 1 }); if (ctx.attributes.broken) throw new Error('no');");
  await world.push(configOf({ campaigns: `c: ${broken}` }));
  await world.add('ada', { broken: true });
  await world.advance('2h');
  expect(await world.store.runsOfUser('ada', 10)).toMatchObject([
    { status: 'failed', ending: 'failed', retries: 0 },
  ]);
  await world.engine.retryRuns({});
  await world.advance('1 minute');
  expect(await world.store.runsOfUser('ada', 10)).toMatchObject([{ ending: 'failed', retries: 1 }]);
  await world.add('ada', { broken: false });
  await world.engine.retryRuns({});
  await world.advance('1 minute');
  expect(await world.store.runsOfUser('ada', 10)).toMatchObject([
    { ending: 'completed', retries: 2, reason: null },
  ]);
});
