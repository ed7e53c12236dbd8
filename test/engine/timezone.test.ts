import { expect, test } from 'bun:test';
import { explain } from '../../src/engine/explain/explain.ts';
import { testClock } from '../helpers/clock.ts';
import { configOf, engineWorld, type World } from './world.ts';

const nineOClock = (when: string, repeat = 1) =>
  configOf({
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
      for (let i = 0; i < ${repeat}; i++) { yield rt.waitUntil({ ${when} }); yield rt.sendEmail('hello'); } } }`,
  });

const sentAt = async (world: World, userId = 'ada') =>
  (await world.store.listMessages({ userId, limit: 20 }))
    .map(({ sentAt }) => (sentAt === null ? null : new Date(sentAt).toISOString()))
    .reverse();

test.each([
  // Spring forward, fall back: nine is nine.
  [
    'Europe/Berlin',
    '2026-03-28T00:00:00Z',
    '09:00',
    ['2026-03-28T08:00:00.000Z', '2026-03-29T07:00:00.000Z'],
  ],
  [
    'Europe/Berlin',
    '2026-10-24T00:00:00Z',
    '09:00',
    ['2026-10-24T07:00:00.000Z', '2026-10-25T08:00:00.000Z'],
  ],
  // 02:30 does not exist on the 29th: half an hour past the gap.
  [
    'Europe/Berlin',
    '2026-03-28T02:00:00Z',
    '02:30',
    ['2026-03-29T01:30:00.000Z', '2026-03-30T00:30:00.000Z'],
  ],
  // 02:30 happens twice on the 25th: the first one.
  [
    'Europe/Berlin',
    '2026-10-24T12:00:00Z',
    '02:30',
    ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  ],
  [
    'America/New_York',
    '2026-03-07T12:00:00Z',
    '09:00',
    ['2026-03-07T14:00:00.000Z', '2026-03-08T13:00:00.000Z'],
  ],
  [
    'America/New_York',
    '2026-10-31T12:00:00Z',
    '09:00',
    ['2026-10-31T13:00:00.000Z', '2026-11-01T14:00:00.000Z'],
  ],
  // Half an hour of summer time.
  [
    'Australia/Lord_Howe',
    '2026-04-03T23:00:00Z',
    '09:00',
    ['2026-04-04T22:30:00.000Z', '2026-04-05T22:30:00.000Z'],
  ],
  [
    'Asia/Kathmandu',
    '2026-06-01T00:00:00Z',
    '09:00',
    ['2026-06-01T03:15:00.000Z', '2026-06-02T03:15:00.000Z'],
  ],
])('the time of day in %s from %s on', async (timezone, start, time, expected) => {
  await using world = await engineWorld({ clock: testClock(start) });
  await world.push(nineOClock(`time: '${time}'`, 2));
  await world.add('ada', { timezone });
  await world.advance('1d');
  await world.restart();
  await world.advance('2d');
  expect(await sentAt(world)).toEqual(expected);
});

test('a wait for a time of day moves with the user, as often as the user moves', async () => {
  await using world = await engineWorld({ clock: testClock('2026-06-01T00:00:00Z') });
  await world.push(nineOClock(`time: '09:00'`));
  await world.add('ada', { timezone: 'America/New_York' });
  await world.add('bob', { timezone: 'America/New_York' });
  await world.add('cid');
  const wakeAt = async (id: string) => (await world.store.runsOfUser(id, 1))[0]!.wakeAt;
  expect(await wakeAt('ada')).toBe(Date.parse('2026-06-01T13:00:00Z'));
  await world.advance('1h');
  await world.add('ada', { timezone: 'Europe/Berlin' });
  expect(await wakeAt('ada')).toBe(Date.parse('2026-06-01T07:00:00Z'));
  await world.add('ada', { timezone: 'Nowhere/Land' });
  expect(await wakeAt('ada')).toBe(Date.parse('2026-06-01T09:00:00Z'));
  await world.restart();
  await world.add('ada', { timezone: 'Asia/Kathmandu' });
  expect(await wakeAt('ada')).toBe(Date.parse('2026-06-01T03:15:00Z'));
  // Nine has passed where bob is now: it is nine again tomorrow.
  await world.advance('11h');
  await world.add('bob', { timezone: 'Asia/Kathmandu' });
  await world.advance('1d');
  expect(await sentAt(world, 'ada')).toEqual(['2026-06-01T03:15:00.000Z']);
  expect(await sentAt(world, 'bob')).toEqual(['2026-06-02T03:15:00.000Z']);
  expect(await sentAt(world, 'cid')).toEqual(['2026-06-01T09:00:00.000Z']);
});

test('a wait in a zone of its own does not move, and weekdays count', async () => {
  await using world = await engineWorld({ clock: testClock('2026-06-05T12:00:00Z') });
  await world.push(nineOClock(`time: '09:00', timezone: 'Europe/Berlin', weekdays: ['mon', 'wed']`, 2));
  await world.add('ada', { timezone: 'America/New_York' });
  await world.add('ada', { timezone: 'Asia/Kathmandu' });
  await world.advance('7d');
  expect(await sentAt(world)).toEqual(['2026-06-08T07:00:00.000Z', '2026-06-10T07:00:00.000Z']);
});

test('a time of day that passed while nothing ran is not put off to the next day', async () => {
  await using world = await engineWorld({ clock: testClock('2026-06-01T00:00:00Z') });
  await world.push(nineOClock(`time: '09:00'`));
  await world.add('ada', { timezone: 'Europe/Berlin' });
  await world.engine.stop();
  world.clock.set('2026-06-01T12:00:00Z');
  await world.start();
  await world.add('ada', { timezone: 'Asia/Kathmandu' });
  expect(await sentAt(world)).toEqual(['2026-06-01T12:00:00.000Z']);
});

test.each([
  ['Mars/Base'],
  ['Berlin'],
  [' Europe/Berlin'],
  ['+2'],
  [''],
  [2],
  [true],
  [{}],
  [['Europe/Berlin']],
  [null],
])("a user's time zone that is none (%j) is as one that is missing, and explain tells", async (timezone) => {
  await using world = await engineWorld({ clock: testClock('2026-06-01T00:00:00Z') });
  await world.push(
    configOf({
      campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) {
          yield rt.waitUntil({ time: '09:00' });
          yield rt.race({ morning: rt.waitUntil({ time: '10:00' }), never: rt.waitForEvent('never') });
          yield rt.sendEmail('hello'); } }`,
    }),
  );
  await world.add('ada', { timezone });
  const [run] = (await explain(world.engine, 'ada', 'c')).campaigns[0]!.runs;
  const told = timezone && `UTC, as the attribute timezone names none: ${JSON.stringify(timezone)}`;
  expect(run!.waits).toEqual({
    for: `09:00 (the user's time zone, ${told || 'UTC'})`,
    until: '2026-06-01T09:00:00.000Z',
  });
  await world.advance('1d');
  expect(await sentAt(world)).toEqual(['2026-06-01T10:00:00.000Z']);
  expect(world.errors).toEqual([]);
});

test('a time zone of the code that is none fails the run', async () => {
  await using world = await engineWorld();
  await world.push(nineOClock(`time: '09:00', timezone: ctx.id === 'ada' ? 'Foo/Bar' : 'UTC'`));
  await world.add('ada');
  const [run] = await world.runsOf('ada');
  expect(run!.status).toBe('failed');
  expect(run!.reason).toMatch(/^unknown time zone "Foo\/Bar"\n.*segflow\.config\.tsx/);
});
