import { expect, test } from 'bun:test';
import { closest } from '../../src/core/closest.ts';

const NAMES = ['campaigns', 'segments', 'templates', 'push', 'preview'];

test.each([
  ['campains', 'campaigns'],
  ['segmetns', 'segments'],
  ['template', 'templates'],
  ['psuh', 'push'],
  ['prev', 'preview'],
  ['segments', 'segments'],
])('%s is near %s', (word, near) => {
  expect(closest(word, NAMES)).toBe(near);
});

test.each(['users', 'x', ''])('%j is near nothing', (word) => {
  expect(closest(word, NAMES)).toBeUndefined();
});
