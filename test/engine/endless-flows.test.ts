import { expect, setDefaultTimeout, test } from 'bun:test';
import { configOf, engineWorld } from './world.ts';

// A thousand commits take their time on a busy machine.
setDefaultTimeout(300_000);

const campaign = (id: string, body: string) =>
  `'${id}': { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { ${body} } },`;

const LOOPS = {
  wait: 'while (true) yield rt.wait({ milliseconds: 0 });',
  until: 'while (true) yield rt.sleepUntil(0);',
  event: "while (true) yield rt.waitForEvent('ping', { timeout: { days: 0 } });",
  segment: "while (true) yield rt.waitForSegment('everyone');",
  race: "while (true) yield rt.race({ a: rt.waitForSegment('everyone'), b: rt.waitForEvent('ping') });",
  question: "while (true) { yield rt.updateUser({ n: 1 }); yield rt.inSegment('everyone'); }",
  anew: 'yield rt.wait({ days: 0 }); yield rt.continueAsNew();',
};

test('flows that go on for ever without letting time pass fail, with their place; others go on', async () => {
  await using world = await engineWorld();
  const loops = Object.entries(LOOPS).map(([id, body]) => campaign(id, body));
  await world.push(
    configOf({
      campaigns: `${loops.join('\n')}\n${campaign('honest', 'while (true) yield rt.wait({ days: 1 });')}`,
    }),
  );
  await world.add('ada');
  const runs = new Map((await world.runsOf('ada')).map((run) => [run.campaign, run]));
  for (const id of Object.keys(LOOPS)) {
    expect(runs.get(id), id).toMatchObject({ status: 'failed' });
    expect(runs.get(id)!.reason, id).toMatch(
      /^the flow took 1,000 steps in a row without time passing \(an email counts as ten\); the last was "[a-z]+ .*". Put an rt.wait\(\) into the loop.\n {4}at \S+ \(.*segflow\.config\.tsx:\d+:\d+\)$/,
    );
  }
  expect(runs.get('wait')!.reason).toContain('"wait 0s"');
  expect(runs.get('honest')!.status).toBe('sleeping');
  await world.advance('30d');
  expect((await world.runsOf('ada')).find((run) => run.campaign === 'honest')!.steps).toHaveLength(31);
});

test('the run goes on where it was once the loop waits', async () => {
  await using world = await engineWorld();
  await world.push(configOf({ campaigns: campaign('loop', LOOPS.wait) }));
  await world.add('ada');
  const [before] = await world.runsOf('ada');
  expect(before!.status).toBe('failed');
  await world.push(
    configOf({ campaigns: campaign('loop', LOOPS.wait.replace('milliseconds: 0', 'days: 1')) }),
  );
  await world.engine.retryRuns({ userId: 'ada' });
  await world.advance('3d');
  const [after] = await world.runsOf('ada');
  expect(after!.status).toBe('sleeping');
  expect(after!.steps).toEqual([...before!.steps, 'wait 1d', 'wait 1d', 'wait 1d', 'wait 1d']);
});

test('campaigns that start one another for ever are stopped', async () => {
  await using world = await engineWorld();
  await world.push(
    configOf({
      segments: `nobody: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.users).where(sql\`1 = 0\`) }`,
      campaigns: [
        campaign('itself', "yield rt.startCampaign('itself');"),
        campaign('ping', "yield rt.startCampaign('pong');"),
        campaign('pong', "yield rt.startCampaign('ping');").replace('everyone', 'nobody'),
      ].join('\n'),
    }),
  );
  await world.add('ada');
  const runs = await world.store.runsOfUser('ada', 10_000);
  const of = (id: string) => runs.filter(({ campaignId }) => campaignId === id);
  expect(of('itself')).toMatchObject([{ status: 'completed' }]);
  expect(of('ping')).toHaveLength(100);
  expect(runs.filter(({ status }) => status === 'failed')).toMatchObject([
    {
      campaignId: 'pong',
      entry: 100,
      reason: expect.stringContaining('start one another without ever waiting'),
    },
  ]);
});
