import { expect, test } from 'bun:test';
import { halve } from '../../src/core/halving.ts';
import { seededRandom } from '../helpers/random.ts';

async function run(size: number, bad: (item: number) => boolean, patience?: number) {
  const tries: number[][] = [];
  const outcomes = await halve(
    Array.from({ length: size }, (_, i) => i),
    {
      async attempt(items) {
        tries.push(items);
        return items.some(bad) ? { failure: 'no' } : { results: items.map((item) => item * 10) };
      },
      ...(patience === undefined ? {} : { patience }),
    },
  );
  return { outcomes, tries };
}

test('everything that can go well does, once, and the bad items are blamed', async () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round++) {
    const size = 1 + Math.floor(random() * 60);
    const bad = new Set(Array.from({ length: Math.floor(random() * 4) }, () => Math.floor(random() * size)));
    const { outcomes, tries } = await run(size, (item) => bad.has(item));
    const allBad = bad.size === size;
    outcomes.forEach((outcome, item) => {
      if (bad.has(item)) expect(outcome).toEqual({ failure: 'no', blamed: !allBad });
      else expect(outcome).toEqual({ result: item * 10 });
    });
    const done = tries.filter((items) => !items.some((item) => bad.has(item))).flat();
    expect(new Set(done).size).toBe(done.length);
  }
});

test('nothing is tried for nobody', async () => {
  expect((await run(0, () => true)).tries).toEqual([]);
});

test('what fails for everyone is given up soon, and blamed on none', async () => {
  const { outcomes, tries } = await run(500, () => true);
  expect(tries.length).toBeLessThanOrEqual(40);
  expect(outcomes.every((outcome) => 'failure' in outcome && !outcome.blamed)).toBe(true);
});

test('a dozen bad items at the front do not keep the others back', async () => {
  const { outcomes } = await run(500, (item) => item < 12);
  expect(outcomes.filter((outcome) => 'result' in outcome)).toHaveLength(488);
});
