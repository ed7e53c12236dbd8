import { describe, expect, test } from 'bun:test';
import { bind, urlOf } from '../../src/bind.ts';
import { SegflowError } from '../../src/core/errors.ts';

/** A system that answers each address with one of its error codes; it takes an address that is not named. */
function system(codes: Record<string, string> = {}) {
  const tried: string[] = [];
  const serve = (address: string) => {
    tried.push(address);
    const code = codes[address];
    if (code !== undefined) throw Object.assign(new Error(`the system says ${code}`), { code });
    return address;
  };
  return { tried, serve };
}

/** A resolver that finds these addresses, or fails with this code. */
function resolver(answer: string[] | string) {
  const asked: string[] = [];
  const lookup = async (name: string) => {
    asked.push(name);
    if (typeof answer === 'string') throw Object.assign(new Error(`lookup ${answer}`), { code: answer });
    return answer.map((address) => ({ address }));
  };
  return { asked, lookup };
}

function failureOf(options: Parameters<typeof bind>[0]): Promise<SegflowError> {
  return bind(options).then(
    (bound) => expect.unreachable(`it was bound to ${bound}`),
    (error) => error,
  );
}

describe('a host that is a name', () => {
  test.each(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ETIMEDOUT', 'EADDRINUSE'])(
    'is refused by its name before anything is bound when the resolver says %s',
    async (code) => {
      const { tried, serve } = system();
      const { lookup } = resolver(code);
      const error = await failureOf({ host: 'no.such.host.invalid', port: 0, serve, lookup });
      expect(error).toBeInstanceOf(SegflowError);
      expect(error).toMatchObject({
        code: 'invalid_input',
        message: 'the host "no.such.host.invalid" cannot be found',
        hint: expect.stringContaining('127.0.0.1'),
        cause: { code },
      });
      expect(tried).toEqual([]);
    },
  );

  test('is refused by its name when the resolver finds nothing', async () => {
    const { serve } = system();
    const error = await failureOf({ host: 'nothing.test', port: 0, serve, lookup: resolver([]).lookup });
    expect(error).toMatchObject({
      code: 'invalid_input',
      message: 'the host "nothing.test" cannot be found',
    });
  });

  test('is refused by its name and address when a resolver finds every name elsewhere', async () => {
    const { serve } = system({ '192.0.2.9': 'EADDRNOTAVAIL' });
    const error = await failureOf({
      host: 'no.such.host.invalid',
      port: 0,
      serve,
      lookup: resolver(['192.0.2.9']).lookup,
    });
    expect(error).toMatchObject({
      code: 'invalid_input',
      message: 'no.such.host.invalid is 192.0.2.9, which is not an address of this machine',
    });
  });

  test('is bound by its first address that this machine has', async () => {
    const { tried, serve } = system({ '::1': 'EADDRNOTAVAIL', '::2': 'EAFNOSUPPORT' });
    const { lookup } = resolver(['::1', '::2', '127.0.0.1', '127.0.0.2']);
    expect(await bind({ host: 'localhost', port: 80, serve, lookup })).toBe('127.0.0.1');
    expect(tried).toEqual(['::1', '::2', '127.0.0.1']);
  });

  test('whose first address is in use is not bound by another', async () => {
    const { tried, serve } = system({ '::1': 'EADDRINUSE' });
    const { lookup } = resolver(['::1', '127.0.0.1']);
    const error = await failureOf({ host: 'localhost', port: 80, serve, lookup });
    expect(error).toMatchObject({ code: 'port_in_use', message: 'port 80 of localhost is in use' });
    expect(tried).toEqual(['::1']);
  });

  test.each([
    ['münchen.test', 'xn--mnchen-3ya.test'],
    ['LOCALHOST', 'localhost'],
  ])('%s is asked for as %s', async (host, asked) => {
    const resolved = resolver(['127.0.0.1']);
    await bind({ host, port: 0, serve: system().serve, lookup: resolved.lookup });
    expect(resolved.asked).toEqual([asked]);
  });

  test.each(['a b', ' ', 'host:80', 'http://localhost', '[::1', '256.1.1.1', '[]x'])(
    '%p is no name: it is refused as it was written',
    async (host) => {
      const { tried, serve } = system();
      const error = await failureOf({ host, port: 0, serve, lookup: resolver('ENOTFOUND').lookup });
      expect(error).toMatchObject({
        code: 'invalid_input',
        message: `the host ${JSON.stringify(host)} cannot be found`,
      });
      expect(tried).toEqual([]);
    },
  );
});

test.each(['', '[]'])('the host %p is empty', async (host) => {
  const { tried, serve } = system();
  const error = await failureOf({ host, port: 0, serve, lookup: resolver([]).lookup });
  expect(error).toMatchObject({ code: 'invalid_input', message: 'the host is empty' });
  expect(tried).toEqual([]);
});

test.each(['127.0.0.1', '0.0.0.0', '::1', '::', 'fe80::1%eth0'])(
  'the address %s is not looked up',
  async (host) => {
    const { asked, lookup } = resolver('ENOTFOUND');
    expect(await bind({ host, port: 0, serve: system().serve, lookup })).toBe(host);
    expect(asked).toEqual([]);
  },
);

test('the brackets of an IPv6 address are not part of it', async () => {
  expect(await bind({ host: '[::1]', port: 0, serve: system().serve })).toBe('::1');
});

test.each([
  ['EADDRINUSE', 3000, 'port_in_use', 'port 3000 of 192.0.2.1 is in use', '--port'],
  ['EADDRINUSE', 0, 'port_in_use', 'no port of 192.0.2.1 is free', '--port'],
  ['EACCES', 80, 'invalid_input', 'port 80 of 192.0.2.1 needs more rights than this user has', '--port'],
  ['EPERM', 80, 'invalid_input', 'port 80 of 192.0.2.1 needs more rights than this user has', '--port'],
  ['EADDRNOTAVAIL', 0, 'invalid_input', '192.0.2.1 is not an address of this machine', '0.0.0.0'],
  ['EAFNOSUPPORT', 0, 'invalid_input', '192.0.2.1 is not an address of this machine', '0.0.0.0'],
  [
    'EINVAL',
    7,
    'invalid_input',
    'cannot listen on 192.0.2.1, port 7: the system says EINVAL',
    'address of this machine',
  ],
])('%s at port %p', async (code, port, refusal, message, hint) => {
  const { serve } = system({ '192.0.2.1': code });
  const error = await failureOf({ host: '192.0.2.1', port, serve });
  expect(error).toMatchObject({
    code: refusal,
    message,
    hint: expect.stringContaining(hint),
    cause: { code },
  });
});

describe('with the real system', () => {
  const serve = (port: number) => (hostname: string) =>
    Bun.serve({ hostname, port, reusePort: false, fetch: () => new Response('') });

  test('an address of another machine is told from a port in use, whatever failed before', async () => {
    const first = await bind({ host: '127.0.0.1', port: 0, serve: serve(0) });
    try {
      const { port } = first;
      const used = await failureOf({ host: '127.0.0.1', port: port!, serve: serve(port!) });
      expect(used.message).toBe(`port ${port} of 127.0.0.1 is in use`);
      const elsewhere = await failureOf({ host: '192.0.2.1', port: 0, serve: serve(0) });
      expect(elsewhere.message).toBe('192.0.2.1 is not an address of this machine');
      const { lookup } = resolver('ENOTFOUND');
      const unknown = await failureOf({ host: 'no.such.host.invalid', port: 0, serve: serve(0), lookup });
      expect(unknown.message).toBe('the host "no.such.host.invalid" cannot be found');
    } finally {
      await first.stop(true);
    }
  });
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:80'],
  ['0.0.0.0', 'http://127.0.0.1:80'],
  ['::', 'http://[::1]:80'],
  ['[::]', 'http://[::1]:80'],
  ['2001:db8::1', 'http://[2001:db8::1]:80'],
  ['localhost', 'http://localhost:80'],
])('%s is called at %s', (host, url) => {
  expect(urlOf(host, 80)).toBe(url);
});
