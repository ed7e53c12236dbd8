import { expect, test } from 'bun:test';
import { findConfig } from '../../src/config/find.ts';
import { SegflowError } from '../../src/core/errors.ts';
import { project } from './project.ts';

function failure(given: string | undefined, folder: string): SegflowError {
  try {
    findConfig(given, folder);
  } catch (error) {
    if (SegflowError.is(error)) return error;
    throw error;
  }
  throw new Error('it was found');
}

test.each(['.ts', '.tsx', '.mts', '.js', '.mjs'])('finds segflow.config%s', (extension) => {
  using made = project({ [`segflow.config${extension}`]: '', 'other.ts': '' });
  expect(findConfig(undefined, made.root)).toBe(made.path(`segflow.config${extension}`));
});

test('prefers TypeScript', () => {
  using made = project({ 'segflow.config.js': '', 'segflow.config.ts': '' });
  expect(findConfig(undefined, made.root)).toBe(made.path('segflow.config.ts'));
});

test('takes a file, with or without its extension, a folder, an absolute path', () => {
  using made = project({ 'emails/segflow.config.ts': '', 'mail.config.mts': '' });
  expect(findConfig('./mail.config.mts', made.root)).toBe(made.path('mail.config.mts'));
  expect(findConfig('mail.config', made.root)).toBe(made.path('mail.config.mts'));
  expect(findConfig('emails', made.root)).toBe(made.path('emails/segflow.config.ts'));
  expect(findConfig(made.path('emails'), '/')).toBe(made.path('emails/segflow.config.ts'));
});

test('refuses what is not there, and what is no code', () => {
  using made = project({ 'segflow.config.ts': '', 'README.md': '', 'empty/x.txt': '' });
  expect(failure(undefined, made.path('empty'))).toMatchObject({
    code: 'config_not_found',
    message: `there is no segflow.config.ts in ${made.path('empty')}`,
    hint: expect.stringContaining('segflow init'),
  });
  expect(failure('segflow.confg.ts', made.root)).toMatchObject({
    code: 'config_not_found',
    message: 'there is no file segflow.confg.ts',
    hint: 'Did you mean segflow.config.ts?',
  });
  expect(failure('no/such/folder.ts', made.root).code).toBe('config_not_found');
  expect(failure('README.md', made.root).message).toContain('README.md is no config');
});
