import { expect, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { openMysql } from '../../src/store/mysql/driver.ts';
import { wrapMysqlError } from '../../src/store/mysql/errors.ts';

/* What answers at the port is no database. At the start nothing "connects again by itself". */

test.each([
  ['ends the connection', (socket: Socket) => socket.end()],
  ['speaks HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('a port that %s: one line, with what to check', async (_, answer) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    answer(socket);
  }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await openMysql({ url: `mysql://me:secret@127.0.0.1:${port}/app` }).catch(
      (caught) => caught,
    );
    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`mysql://127.0.0.1:${port}/app gave no answer`),
      hint: expect.stringContaining('host and port'),
    });
    expect(Bun.inspect(error, { depth: 10 })).not.toContain('secret');
  } finally {
    server.close();
  }
});

// Making a server refuse everybody else would disturb whoever shares it, so the refusal is MySQL's, made by hand.
test('a server that takes nothing but TLS: how to ask for it', () => {
  const refusal = Object.assign(new Error('Connections using insecure transport are prohibited'), {
    code: 'ER_SECURE_TRANSPORT_REQUIRED',
    errno: 3159,
  });
  expect(wrapMysqlError(refusal, 'mysql://db/app')).toMatchObject({
    code: 'unavailable',
    message: 'mysql://db/app accepts only connections with TLS (ER_SECURE_TRANSPORT_REQUIRED)',
    hint: expect.stringContaining('?ssl=required'),
  });
});
