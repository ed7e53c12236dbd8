import { describe, expect, test } from 'bun:test';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { storedJson } from '../../src/store/mysql/stored-json.ts';

test.each([
  [{ b: 1, a: 2, aa: 3, A: 4, é: 5 }, '{"A":4,"a":2,"b":1,"aa":3,"é":5}'],
  [{ x: { bb: [{ z: 1, y: null }], a: 'a"b' } }, '{"x":{"a":"a\\"b","bb":[{"y":null,"z":1}]}}'],
  [[1e-7, 1.5e-7, 1e15, 1e21, -0, 0.1, 1e-16], '[0.0000001,0.00000015,1000000000000000,1e21,0,0.1,1e-16]'],
  [[2 ** 64, -(2 ** 63), -(2 ** 64)], '[1.8446744073709552e19,-9.223372036854776e18,-1.8446744073709552e19]'],
  ['text', '"text"'],
  [null, 'null'],
])('%j', (value, text) => {
  expect(storedJson(value)).toBe(text);
});

const url = process.env.SEGFLOW_TEST_MYSQL_URL;
describe.skipIf(!url)('against MySQL', () => {
  test('random numbers and keys are written as MySQL writes them', async () => {
    const connection = await createConnection({ uri: url! });
    const values = Array.from({ length: 2_000 }, (_, n) => {
      const exponent = (n % 52) - 26;
      const number = Number((Math.sin(n) * 10).toPrecision((n % 17) + 1)) * 10 ** exponent;
      return { [`k${n % 13}`]: number, [['ä', 'zz', 'Z', '10', '9', 'a b'][n % 6]!]: [n] };
    });
    const text = JSON.stringify(values);
    const [[row]] = await connection.query<RowDataPacket[]>('select cast(cast(? as json) as char) as v', [
      text,
    ]);
    await connection.end();
    expect(storedJson(values)).toBe(row!.v.replaceAll(', ', ',').replaceAll(': ', ':'));
  });
});
