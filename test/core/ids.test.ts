import { expect, test } from 'bun:test';
import { hash53, SLOT_COUNT, slotOf } from '../../src/core/hash.ts';
import { newId } from '../../src/core/ids.ts';

test('ids are version 7 UUIDs that sort by time', () => {
  const at = Date.UTC(2026, 0, 2);
  expect(newId('msg', at)).toMatch(/^msg_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  expect(Number.parseInt(newId('msg', at).slice(4, 16), 16)).toBe(at);
  expect(newId('msg', at) < newId('msg', at + 1)).toBe(true);
  expect(new Set(Array.from({ length: 10_000 }, () => newId('msg', at))).size).toBe(10_000);
});

test('slots are stable and spread evenly', () => {
  // Stored in every database: these values must never change.
  expect([slotOf('user-123'), slotOf('a'), slotOf(''), slotOf('ü€😀')]).toEqual([0, 32, 217, 39]);
  const counts = new Array<number>(SLOT_COUNT).fill(0);
  for (let i = 0; i < 256_000; i++) counts[slotOf(`user-${i}`)]!++;
  expect(Math.min(...counts)).toBeGreaterThan(700);
  expect(Math.max(...counts)).toBeLessThan(1300);
});

test('hash53 is stable and 14 hex digits long', () => {
  expect(hash53('')).toMatch(/^[0-9a-f]{14}$/);
  expect(hash53('segflow')).toBe('0c195bb344f4dd');
  expect(new Set(Array.from({ length: 100_000 }, (_, i) => hash53(`${i}`))).size).toBe(100_000);
});
