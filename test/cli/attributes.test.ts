import { describe, expect, test } from 'bun:test';
import { parseAttributes, parseValue } from '../../src/cli/command-line/attributes.ts';

describe('values', () => {
  test.each([
    ['1', 1],
    ['0', 0],
    ['-5', -5],
    ['99.99', 99.99],
    ['99.90', 99.9],
    ['1625247600', 1625247600],
    ['1e3', 1000],
    ['1.5E-7', 1.5e-7],
    ['1e21', 1e21],
    ['0.1', 0.1],
    ['9007199254740991', 9007199254740991],
    ['true', true],
    ['false', false],
    ['null', null],
  ])('%s is read', (text, value) => {
    expect(parseValue(text)).toBe(value);
  });

  test.each([
    '01234',
    '+491701234567',
    '1e999',
    '1e-400',
    '12345678901234567890',
    '9007199254740993',
    '0.12345678901234567890',
    '.5',
    '5.',
    '0x10',
    '1_000',
    ' 1',
    '1 ',
    '',
    'NaN',
    'Infinity',
    'TRUE',
    'undefined',
    '2024-01-01',
    '١٢',
  ])('%p stays text', (text) => {
    expect(parseValue(text)).toBe(text);
  });

  test('minus zero is zero', () => {
    expect(Object.is(parseValue('-0'), 0)).toBe(true);
  });
});

describe('attributes', () => {
  test('pairs', () => {
    expect(parseAttributes(['username=johndoe', 'email=john@example.com'])).toEqual({
      username: 'johndoe',
      email: 'john@example.com',
    });
  });

  test('a value may hold "=" and be empty', () => {
    expect(parseAttributes(['q=a=b==', 'empty='])).toEqual({ q: 'a=b==', empty: '' });
  });

  test('JSON, and pairs on top of it', () => {
    expect(parseAttributes(['b=2'], '{"a":1,"b":1,"c":{"d":[1]}}')).toEqual({ a: 1, b: 2, c: { d: [1] } });
  });

  test('a key that names the prototype is data', () => {
    const attributes = parseAttributes(['__proto__=x']);
    expect(Object.keys(attributes)).toEqual(['__proto__']);
    expect(JSON.stringify(attributes)).toBe('{"__proto__":"x"}');
  });

  test.each([
    [['johndoe'], undefined, 'no "="'],
    [['=x'], undefined, 'no name'],
    [['a=1', 'a=2'], undefined, 'given twice'],
    [['{"a":1}'], undefined, 'need -j'],
    [[], '{"a":', 'the JSON of -j is not valid JSON'],
    [[], '{"a":1,"a":2}', 'a: the key comes twice (line 1, column 8)'],
    [[], '{"a":{"b":1,"b":2}}', 'a.b: the key comes twice'],
    [[], '{"a":12345678901234567890}', 'a: a number is too large to be kept exactly'],
    [[], '[1]', 'JSON object'],
    [[], '"x"', 'JSON object'],
    [[], 'null', 'JSON object'],
  ] as [string[], string | undefined, string][])('%p with -j %p is refused', (pairs, json, message) => {
    expect(() => parseAttributes(pairs, json)).toThrow(message);
  });
});
