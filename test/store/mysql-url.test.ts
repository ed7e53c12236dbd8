import { describe, expect, test } from 'bun:test';
import { format } from '../../src/store/mysql/format.ts';
import { productOf, readVersion } from '../../src/store/mysql/server.ts';
import { parseDatabaseUrl } from '../../src/store/mysql/url.ts';

describe('a database URL', () => {
  test('names everything there is to know', () => {
    expect(parseDatabaseUrl('mysql://me%40x:p%3Aw@db.example:3307/app_1?connections=3')).toEqual({
      connect: { host: 'db.example', port: 3307, user: 'me@x', password: 'p:w', database: 'app_1' },
      connections: 3,
      shown: 'mysql://db.example:3307/app_1',
    });
    expect(parseDatabaseUrl('mariadb://[::1]/app').connect).toEqual({
      host: '::1',
      port: 3306,
      database: 'app',
    });
  });

  test('may name a socket', () => {
    const { connect, shown } = parseDatabaseUrl('mysql://me@localhost/app?socketPath=/run/db.sock');
    expect(connect).toEqual({ socketPath: '/run/db.sock', user: 'me', database: 'app' });
    expect(shown).toBe('mysql:///run/db.sock/app');
  });

  test('says how far TLS is checked', () => {
    const ssl = (mode: string) => parseDatabaseUrl(`mysql://h/app?ssl=${mode}`).connect.ssl;
    expect(ssl('false')).toBeUndefined();
    expect(ssl('required')).toEqual({ rejectUnauthorized: false });
    expect(ssl('verify-ca')).toEqual({ rejectUnauthorized: true, verifyIdentity: false });
    expect(ssl('true')).toEqual({ rejectUnauthorized: true, verifyIdentity: true });
    expect(parseDatabaseUrl(`mysql://h/app?sslca=${import.meta.path}`).connect.ssl).toMatchObject({
      rejectUnauthorized: true,
      ca: expect.stringContaining('says how far TLS is checked'),
    });
  });

  test.each([
    ['nonsense', 'not a URL'],
    ['postgres://h/app', 'begins with "postgres://"'],
    ['mysql://h', 'names no database'],
    ['mysql://h/', 'names no database'],
    ['mysql://h/a/b', 'with a "/" in it'],
    ['mysql://h/app?sll=true', 'did you mean "ssl"'],
    ['mysql://h/app?ssl=maybe', 'ssl is "maybe"'],
    ['mysql://h/app?sslca=/not/there', '/not/there'],
    ['mysql://h/app?connections=0', 'connections is "0"'],
    ['mysql://u:secret%@h/app', 'not encoded correctly'],
  ])('%s is refused', (url, says) => {
    let failure: unknown;
    try {
      parseDatabaseUrl(url);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(says) });
    expect(Bun.inspect(failure)).not.toContain('secret');
  });
});

describe('a server', () => {
  test.each([
    ['8.0.36', 'MySQL 8.0.36'],
    ['9.7.4-2', 'MySQL 9.7.4'],
    ['8.4.0-cluster', 'MySQL 8.4.0'],
    ['10.11.19-MariaDB-0+deb12u1', 'MariaDB 10.11.19'],
    ['5.5.5-10.11.6-MariaDB', 'MariaDB 10.11.6'],
    ['12.1.2-MariaDB', 'MariaDB 12.1.2'],
  ])('%s will do', (version, product) => {
    expect(productOf(readVersion(version))).toBe(product);
  });

  test.each(['5.7.44', '8.0.18', '10.6.16-MariaDB', '5.5.5-10.4.1-MariaDB', 'who knows'])(
    '%s is too old',
    (version) => {
      expect(() => readVersion(version)).toThrow('needs');
    },
  );

  test('one that is a little too old is told which patch it needs', () => {
    expect(() => readVersion('8.0.18')).toThrow('needs MySQL 8.0.19 or newer');
  });
});

describe('parameters in a statement', () => {
  test.each<[text: string, params: Parameters<typeof format>[1], sql: string]>([
    ['select ?, ?, ?', [1.5, 'a', null], "select 1.5, 'a', null"],
    ['select \'?\', "?", `?`, ?', [1], 'select \'?\', "?", `?`, 1'],
    ["select 'it''s ?', 'a\\'?', ?", [2], "select 'it''s ?', 'a\\'?', 2"],
    ['x in (?)', [['a', 'b']], "x in ('a','b')"],
    ['x in (?)', [[]], 'x in (select null from dual where false)'],
    [
      '(x, y) in (?)',
      [
        [
          ['a', 1],
          ['b', 2],
        ],
      ],
      "(x, y) in (('a',1),('b',2))",
    ],
    ['?', ["'; drop table users; -- \\"], "'\\'; drop table users; -- \\\\'"],
    ['?', ['a\n\r\0"🙂'], "'a\\n\\r\\0\"🙂'"],
    ['?', [new Uint8Array([0, 255])], "x'00ff'"],
    ['?', [1e21], '1e+21'],
  ])('%s', (text, params, sql) => {
    expect(format(text, params)).toBe(sql);
  });

  test('are as many as their places, and finite', () => {
    expect(() => format('select ?', [])).toThrow('1 placeholders but 0 parameters');
    expect(() => format('select ?', [Number.NaN])).toThrow('not finite');
  });
});
