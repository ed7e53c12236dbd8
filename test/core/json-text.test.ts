import { describe, expect, test } from 'bun:test';
import { SegflowError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/core/json-text.ts';
import { pick, random, randomJson, writeJson } from '../server/random-json.ts';

const parse = (text: string) => parseJson(new TextEncoder().encode(text));

function refusal(text: string | Uint8Array): {
  message: string;
  details: { path: string; line?: number; column?: number }[];
} {
  try {
    parseJson(typeof text === 'string' ? new TextEncoder().encode(text) : text);
  } catch (error) {
    if (!SegflowError.is(error)) throw error;
    expect(error.code).toBe('invalid_input');
    expect(error.hint).toBeString();
    return { message: error.message, details: error.details as never };
  }
  throw new Error(`accepted: ${String(text).slice(0, 100)}`);
}

describe('what is not JSON is refused with its place', () => {
  test.each([
    ['{"a":1,}', 1, 8, 'expected a key in double quotes, got "}"'],
    ['{"a":1', 1, 7, 'expected "," or "}", got the end of the body'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected "," or "}"'],
    ["{'a':1}", 1, 2, 'expected a key in double quotes'],
    ['{"a" 1}', 1, 6, 'expected ":"'],
    ['[1,,2]', 1, 4, 'expected a value'],
    ['[1] x', 1, 5, 'expected the end of the body, got "x"'],
    ['{"a":undefined}', 1, 6, 'expected a value, got "undefined"'],
    ['{"a":NaN}', 1, 6, 'expected a value, got "NaN"'],
    ['{"a":-}', 1, 6, 'expected a number'],
    ['{"a":01}', 1, 7, 'expected "," or "}", got "1"'],
    ['{"a":1.}', 1, 7, 'expected "," or "}"'],
    ['{"a":"line\nfeed"}', 1, 6, 'a text is not ended'],
    ['{"a":"\\x"}', 1, 6, 'a text is not ended'],
    ['{"a":"', 1, 6, 'a text is not ended'],
    ['{"a":"\u0000"}', 1, 6, 'a text is not ended'],
    ['// comment\n{}', 1, 1, 'expected a value'],
    ['   ', 1, 4, 'expected a value, got the end of the body'],
  ])('%j', (text, line, column, message) => {
    const refused = refusal(text);
    expect(refused.message).toContain(message);
    expect(refused.details).toMatchObject([{ line, column }]);
  });

  test('bytes that are not UTF-8, and a byte order mark', () => {
    expect(refusal(new Uint8Array([0x22, 0xff, 0x22])).message).toContain('not UTF-8');
    expect(refusal(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])).message).toContain('not UTF-8');
    expect(refusal(new Uint8Array(Buffer.from('{}', 'utf16le'))).message).toContain('not valid JSON');
    expect(refusal('\ufeff{}').message).toContain('byte order mark');
    expect(parse('["\ufeff"]')).toEqual(['\ufeff']);
  });
});

describe('what would not survive storage is refused with its path', () => {
  test.each([
    ['{"a":{"b":1,"b":1}}', 'a.b', 'comes twice'],
    ['{"a":1,"\\u0061":2}', 'a', 'comes twice'],
    ['[{"a":1},{"a":1,"b":2,"a":3}]', '[1].a', 'comes twice'],
    ['{"a":{"__proto__":{}}}', 'a.__proto__', '"__proto__" is not allowed'],
    ['{"\\u005f_proto__":1}', '__proto__', '"__proto__" is not allowed'],
    ['{"__proto__":1,"__proto__":2}', '__proto__', 'not allowed'],
    ['{"a":"\\ud800"}', 'a', 'half a surrogate pair'],
    ['{"a":["x\\uDFFFy"]}', 'a[0]', 'half a surrogate pair'],
    ['{"a":"\\ude00\\ud83d"}', 'a', 'half a surrogate pair'],
    ['{"\\ud800":1}', '', 'half a surrogate pair'],
    ['{"a b":"\\u0000"}', '["a b"]', 'NUL'],
    ['{"\\u0000":1}', '', 'NUL'],
    ['{"a":1e400}', 'a', 'too large'],
    ['{"a":-1e400}', 'a', 'too large'],
    ['{"a":9007199254740992}', 'a', 'too large'],
    ['{"a":12345678901234567890}', 'a', 'too large'],
    [`{"a":${'9'.repeat(400)}}`, 'a', 'too large'],
    [`{"${'k'.repeat(1025)}":1}`, undefined, 'too long'],
  ])('%j', (text, path, message) => {
    const refused = refusal(text);
    expect(refused.message).toContain(message);
    if (path !== undefined) expect(refused.details).toMatchObject([{ path }]);
  });

  test('depth ends at 64', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(parse(nested(64))).toBeArray();
    expect(parse(objects(64))).toBeObject();
    expect(refusal(nested(65)).message).toContain('too deep');
    expect(refusal(objects(65)).message).toContain('too deep');
    expect(refusal('['.repeat(1_000_000)).message).toContain('too deep');
    expect(refusal('{"a":'.repeat(200_000)).message).toContain('too deep');
    expect(parse(`[${'[],'.repeat(1000)}[]]`)).toHaveLength(1001);
  });

  test('whole pairs, escaped colons and brackets, and plain escapes are fine', () => {
    expect(parse('{"a":"\\ud83d\\ude00 \\u0041\\n\\"\\\\"}')).toEqual({ a: '😀 A\n"\\' });
    expect(parse('{"a:{[":":}]{\\":"}')).toEqual({ 'a:{[': ':}]{":' });
    expect(parse('{"constructor":1,"toString":{"valueOf":2}}')).toEqual({
      constructor: 1,
      toString: { valueOf: 2 },
    });
    expect(parse('[9007199254740991,-9007199254740991,1e15,0.1,-0]')).toEqual([
      9007199254740991, -9007199254740991, 1e15, 0.1, -0,
    ]);
  });
});

describe('random texts', () => {
  test('a valid text of any form gives what JSON.parse gives', () => {
    for (let seed = 0; seed < 2000; seed++) {
      const next = random(seed);
      const text = writeJson(next, randomJson(next));
      expect({ seed, value: parse(text) }).toEqual({ seed, value: JSON.parse(text) });
    }
  });

  test('a damaged text gives what JSON.parse gives, or a refusal with a place; and never passes where JSON.parse fails', () => {
    const bits = [
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '1',
      'e9',
      '\\u',
      '\\ud800',
      '\\u0000',
      ' ',
      'x',
      '{"a":1,"a":1}',
      '__proto__',
    ];
    let refused = 0;
    for (let seed = 0; seed < 6000; seed++) {
      const next = random(seed);
      let text = writeJson(next, randomJson(next));
      for (let edits = 1 + Math.floor(next() * 2); edits > 0; edits--) {
        const at = Math.floor(next() * (text.length + 1));
        text =
          text.slice(0, at) +
          (next() < 0.7 ? pick(next, bits) : '') +
          text.slice(at + Math.floor(next() * 2));
      }
      if (!text.isWellFormed()) continue;
      let ours: unknown;
      try {
        ours = parse(text);
      } catch (error) {
        if (!SegflowError.is(error)) throw error;
        expect(error.code).toBe('invalid_input');
        refused++;
        continue;
      }
      expect({ seed, text, value: ours }).toEqual({ seed, text, value: JSON.parse(text) });
    }
    expect(refused).toBeGreaterThan(1000);
  });

  test('a duplicate key is found wherever it is', () => {
    let checked = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const next = random(seed);
      const text = writeJson(next, { list: [randomJson(next)], inner: { twice: randomJson(next), rest: 1 } });
      const doubled = text.replace(/("twice"|"\\u0074\\u0077[^"]*")(\s*:)/, '$1$2null,$1$2');
      if (doubled === text) continue;
      expect(refusal(doubled).message).toContain('inner.twice: the key comes twice');
      checked++;
    }
    expect(checked).toBeGreaterThan(1500);
  });
});
