import { describe, expect, test } from 'bun:test';
import { type AnyStep, type CommandKind, Step } from '../../src/flow/commands/commands.ts';
import { Identity, isPatchRecord, wordsOf, wordsOfRecord } from '../../src/flow/journal/identity.ts';

/** What tells a step. */
interface Parts {
  key?: string;
  id?: string | null;
  args?: unknown;
}

function step(kind: CommandKind, { key = 'a', id = null, args = null }: Parts = {}): AnyStep {
  return new Step(kind, null as never, { label: key, id, args }) as AnyStep;
}

/** Whether a step of the code is the one that another step left in the journal. */
function matches(kind: CommandKind, now: Parts, then: Parts, thenKind = kind): boolean {
  const identity = new Identity();
  const before = '@1\n';
  const text = `${before}${identity.recordOf(step(thenKind, then))}\n@2\n`;
  return identity.matches(step(kind, now), text, {
    from: before.length,
    to: text.indexOf('\n', before.length),
  });
}

const BY_LABEL = ['email', 'event', 'segment', 'race', 'member', 'emit', 'start', 'run', 'patch'] as const;
const BY_KIND = ['wait', 'until', 'daytime', 'query', 'exit'] as const;

describe.each([...BY_LABEL])('%s', (kind) => {
  test('is told by its label alone', () => {
    expect(matches(kind, { key: 'a' }, { key: 'a' })).toBe(true);
    expect(matches(kind, { key: 'a', args: { b: 1 } }, { key: 'a', args: { b: 2 } })).toBe(true);
    expect(matches(kind, { key: 'a' }, { key: 'b' })).toBe(false);
  });

  test('is not one whose label only begins the same', () => {
    expect(matches(kind, { key: 'a' }, { key: 'ab' })).toBe(false);
    expect(matches(kind, { key: 'ab' }, { key: 'a' })).toBe(false);
    expect(matches(kind, { key: 'a' }, { key: 'a b' })).toBe(false);
    expect(matches(kind, { key: 'a b' }, { key: 'a b' })).toBe(true);
  });
});

describe.each([...BY_KIND])('%s', (kind) => {
  test('is told by nothing but its kind', () => {
    expect(matches(kind, { key: 'a' }, { key: 'b' })).toBe(true);
  });
});

test('update is told by its patch', () => {
  expect(matches('update', { args: { a: 1, b: 2 } }, { args: { b: 2, a: 1 } })).toBe(true);
  expect(matches('update', { args: { a: 1 } }, { args: { a: 2 } })).toBe(false);
});

describe.each([...BY_LABEL, ...BY_KIND, 'update'] as const)('%s with an id', (kind) => {
  test('is told by the id alone', () => {
    expect(matches(kind, { id: 'x', key: 'a', args: 1 }, { id: 'x', key: 'b', args: 2 })).toBe(true);
    expect(matches(kind, { id: 'x' }, { id: 'y' })).toBe(false);
    expect(matches(kind, { id: 'x' }, { id: 'xy' })).toBe(false);
    expect(matches(kind, { id: 'x' }, { id: null })).toBe(false);
    expect(matches(kind, { id: null }, { id: 'x' })).toBe(false);
  });

  test('is never of another kind', () => {
    for (const other of [...BY_LABEL, ...BY_KIND, 'update'] as const) {
      if (other === kind) continue;
      expect(matches(kind, { id: 'x' }, { id: 'x' }, other)).toBe(false);
      expect(matches(kind, {}, {}, other)).toBe(false);
    }
  });
});

test('one identity tells many steps apart', () => {
  const identity = new Identity();
  for (const key of ['a', 'b', 'a', 'ä/ü', 'b']) {
    const text = `${identity.recordOf(step('email', { key }))}\n`;
    const place = { from: 0, to: text.length - 1 };
    expect(identity.matches(step('email', { key }), text, place)).toBe(true);
    expect(identity.matches(step('email', { key: 'c' }), text, place)).toBe(false);
  }
});

test('a step and its record read the same in words', () => {
  const words: [CommandKind, Parts, string][] = [
    ['email', { key: 'welcome' }, 'email welcome'],
    ['wait', { key: '2d', id: 'pause' }, 'wait 2d (pause)'],
    ['exit', { key: '' }, 'exit'],
    ['again', { key: '' }, 'a restart (continueAsNew)'],
  ];
  for (const [kind, parts, expected] of words) {
    const one = step(kind, parts);
    expect(wordsOf(one)).toBe(expected);
    const record = new Identity().recordOf(one);
    expect(wordsOfRecord(`@1\n${record}\n`, 3, 3 + record.length)).toBe(expected);
  }
});

test('only the record of patched is one', () => {
  const identity = new Identity();
  expect(isPatchRecord(identity.recordOf(step('patch')), 0)).toBe(true);
  expect(isPatchRecord(identity.recordOf(step('email', { key: 'patch' })), 0)).toBe(false);
});
