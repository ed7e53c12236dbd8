import { describe, expect, test } from 'bun:test';
import { parseAddress, parseSender, senderHeader, toAsciiDomain } from '../../src/email/address.ts';
import { cleanSubject } from '../../src/email/subject.ts';

describe('parseAddress', () => {
  test.each([
    'john@example.com',
    "o'brien+tag@mail.example.co.uk",
    'a@b.io',
    '!#$%&*/=?^_`{|}~-@example.com',
    'jörg@bücher.example',
    '用户@例子.广告',
    `${'a'.repeat(64)}@example.com`,
    'x@xn--bcher-kva.example',
  ])('%s is a mailbox', (address) => {
    expect(parseAddress(address)).toBe(address);
  });

  test('spaces around it are not part of it', () => {
    expect(parseAddress('  john@example.com\n')).toBe('john@example.com');
  });

  test.each([
    undefined,
    null,
    42,
    {},
    [['john@example.com']],
    '',
    'john',
    '@example.com',
    'john@',
    'john@localhost',
    'john@example.com, jane@example.com',
    'john@example.com;jane@example.com',
    'John <john@example.com>',
    'john@example.com\r\nBcc: all@example.com',
    'john doe@example.com',
    '"john"@example.com',
    'john@[127.0.0.1]',
    'john..doe@example.com',
    '.john@example.com',
    'john@example..com',
    'john@-example.com',
    'john@example.com.',
    'john@exa_mple.com',
    'a@b@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}.com`,
    'john\u0000@example.com',
  ])('%j is none', (value) => {
    expect(parseAddress(value)).toBeUndefined();
  });

  test('an absurdly long value takes no time', () => {
    expect(parseAddress(`${'a.'.repeat(500_000)}@example.com`)).toBeUndefined();
  });
});

describe('senders', () => {
  test.each([
    ['hello@segflow.io', '', 'hello@segflow.io', 'hello@segflow.io'],
    ['Segflow <hello@segflow.io>', 'Segflow', 'hello@segflow.io', 'Segflow <hello@segflow.io>'],
    ['<hello@segflow.io>', '', 'hello@segflow.io', 'hello@segflow.io'],
    [
      'Segflow, Inc. <hello@segflow.io>',
      'Segflow, Inc.',
      'hello@segflow.io',
      '"Segflow, Inc." <hello@segflow.io>',
    ],
    [
      '"Segflow, Inc." <hello@segflow.io>',
      'Segflow, Inc.',
      'hello@segflow.io',
      '"Segflow, Inc." <hello@segflow.io>',
    ],
    [
      'Jörg "the boss" <j@bücher.example>',
      'Jörg "the boss"',
      'j@bücher.example',
      '"Jörg \\"the boss\\"" <j@xn--bcher-kva.example>',
    ],
  ])('%s', (text, name, address, header) => {
    expect(parseSender(text)).toEqual({ name, address });
    expect(senderHeader(text)).toBe(header);
  });

  test.each(['', 'Segflow', 'Segflow <hello>', 'a@b.io, c@d.io', 'A\r\nBcc: x@y.z <hello@segflow.io>', 5])(
    '%j is no sender',
    (value) => {
      expect(parseSender(value)).toBeUndefined();
    },
  );

  test('a domain that has no ASCII form stays', () => {
    expect(toAsciiDomain('a@exa mple')).toBe('a@exa mple');
  });
});

test('cleanSubject makes one line of anything', () => {
  expect(cleanSubject('Hello\r\nBcc: x@y.z')).toBe('Hello Bcc: x@y.z');
  expect(cleanSubject(' a\tb\u0000c\u0085d\u2028e\u2029f ')).toBe('a b c d e f');
  expect(cleanSubject('broken \ud83c')).toBe('broken \ufffd');
  expect(cleanSubject('fine 🎉 as it is')).toBe('fine 🎉 as it is');
});
