import { join } from 'node:path';
import { forecast } from '../src/testing/forecast.ts';
import { simulate } from '../src/testing/simulate.ts';
import { type Bench, timed } from './measure.ts';

const DAY = 86_400_000;

/**
 * The seed's campaigns in simulated time: a year of people who join together, and a forecast of
 * people who join one by one.
 */
const bench: Bench = async ({ quick }) => {
  const people = quick ? 100 : 1_000;
  const path = join(import.meta.dir, '..', 'test', 'fixtures', 'seed', 'segflow.config.ts');
  const { default: config } = (await import(path)) as { default: Parameters<typeof simulate>[0] };
  let emails = 0;
  const year = await timed(async () => {
    await using simulation = await simulate(config);
    const ids = Array.from({ length: people }, (_, index) => `user-${index}`);
    const attributes = (id: string, index: number) => ({
      username: id,
      email: `${id}@example.com`,
      winback: index % 2 === 0,
    });
    await Promise.all(ids.map((id, index) => simulation.addUser(id, attributes(id, index))));
    await Promise.all(
      ids.map((id, index) => simulation.emit(id, 'purchase', { value: index % 4 === 0 ? 2_000 : 10 })),
    );
    await simulation.advance({ days: 365 });
    emails = (await simulation.messages()).length;
  });
  let forecasted = 0;
  const quarter = await timed(async () => {
    const start = Date.UTC(2026, 0, 1);
    const options = { users: people, start, lengthMs: 90 * DAY, stepMs: DAY / 24, seed: 1 };
    forecasted = (await forecast(config, options)).sent;
  });
  return [
    {
      name: 'simulate: a year',
      value: year / 1000,
      unit: 's',
      note: `${people} people, ${emails} emails`,
    },
    { name: 'simulate: person-days', value: (people * 365 * 1000) / year, unit: '/s' },
    {
      name: 'simulate: a forecast of 90 days',
      value: quarter / 1000,
      unit: 's',
      note: `${people} people who do things at any hour, ${forecasted} emails`,
    },
    { name: 'simulate: person-days of a forecast', value: (people * 90 * 1000) / quarter, unit: '/s' },
  ];
};

export default bench;
