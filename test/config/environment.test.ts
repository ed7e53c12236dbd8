import { expect, test } from 'bun:test';
import { captureEnvironment } from '../../src/config/environment.ts';

test('captures the variables named, and only those', () => {
  const environment = { A: '1', EMPTY: '', SECRET: 'x' };
  expect(captureEnvironment(['A', 'B', 'EMPTY'], environment)).toEqual({
    values: { A: '1', EMPTY: '' },
    missing: ['B'],
  });
});

test('captures from the process by default', () => {
  expect(captureEnvironment(['PATH'])).toEqual({ values: { PATH: process.env.PATH! }, missing: [] });
});
