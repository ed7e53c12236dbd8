import { expect, test } from 'bun:test';
import { eventsInFlow } from '../../src/config/inspect/flow-literals.ts';
import { keyVariable } from '../../src/config/inspect/key-variable.ts';

test.each([
  ['const a = { apiKey: process.env.POSTMARK }', 'POSTMARK'],
  ["const a = { 'apiKey': process.env['POSTMARK'] ?? '' }", 'POSTMARK'],
  ['const a = { apiKey: Bun.env.A }; const b = { apiKey: process.env.B }', 'A'],
  ['const a = { apiKey: import.meta.env?.A }', 'A'],
  ["const a = 'apiKey: process.env.TEXT'; // apiKey: process.env.COMMENT", undefined],
  ['const a = `apiKey: process.env.TEXT`; const b = { apiKey: process.env.CODE };', 'CODE'],
  ['const a = { apiKey: key(), other: process.env.A }', undefined],
  ['not code {', undefined],
])('%s', (code, name) => {
  expect(keyVariable(code)).toBe(name);
});

test('the events that a flow waits for are those of its code, not of its texts', () => {
  const flow = function* (
    _ctx: unknown,
    rt: { waitForEvent(name: string): unknown; race(it: object): unknown },
  ) {
    yield rt.waitForEvent('bought');
    yield rt.race({ a: rt.waitForEvent(`seen`), b: "rt.waitForEvent('text')" });
    // rt.waitForEvent('comment')
  };
  expect(eventsInFlow(flow)).toEqual(['bought', 'seen']);
});
