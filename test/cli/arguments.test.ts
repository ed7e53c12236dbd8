import { expect, test } from 'bun:test';
import { parseArguments } from '../../src/cli/command-line/arguments.ts';
import { findCommand } from '../../src/cli/commands.ts';

const parse = (name: string, ...argv: string[]) => parseArguments(findCommand(name)!, argv);

test('flags and positional arguments in any order', () => {
  const expected = { event: 'login', 'user-id': 'ann', 'message-id': 'm1', json: true };
  expect(parse('emit', 'login', 'ann', '--message-id', 'm1', '--json')).toMatchObject(expected);
  expect(parse('emit', '--json', 'login', '--message-id=m1', 'ann')).toMatchObject(expected);
});

test('what is not given has its default, or is not there', () => {
  expect(parse('messages')).toEqual({ _: [], limit: '50' });
  expect(parse('messages', '--limit', '7', '--limit', '9')).toMatchObject({ limit: '9' });
});

test('every positional argument, also those without a name', () => {
  expect(parse('add', 'ann', 'plan=pro', 'age=7')._).toEqual(['ann', 'plan=pro', 'age=7']);
});

test('after a bare -- nothing is a flag', () => {
  expect(parse('add', 'ann', '--', '--json')).toEqual({ _: ['ann', '--json'], 'user-id': 'ann' });
});

test('switches are on, or off', () => {
  expect(parse('push', '-y')).toMatchObject({ yes: true });
  expect(parse('push', '--yes=false')).toMatchObject({ yes: false });
  expect(parse('push', '--no-yes')).toMatchObject({ yes: false });
  expect(parse('serve', '--no-migrate')).toMatchObject({ 'no-migrate': true });
});

test.each([
  [['messages', '--limit'], '--limit needs a value'],
  [['messages', '--limit', '--json'], '--limit needs a value'],
  [['messages', '--limit='], '--limit needs a value'],
  [['push', '--yes=maybe'], '--yes is a switch, it takes no value'],
  [['push', '--yse'], 'segflow push has no flag --yse'],
  [['add'], 'segflow add needs <user-id>'],
  [['pause', 'a', 'b'], 'segflow pause does not take "b"'],
  [['pause', ''], 'the [campaign] of segflow pause is empty'],
])('%p is refused', ([name, ...argv], message) => {
  expect(() => parse(name!, ...argv)).toThrow(message);
});
