import { expect } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorBody, Status } from '../../src/protocol/api.ts';
import { project } from '../helpers/project.ts';
import { test } from '../helpers/witnessed-test.ts';

/* What is wrong is refused with its place and what to do, and nothing changes. */

test('a config with several mistakes: exit code 3, each of them with its place, nothing pushed', async () => {
  await using machine = await project();
  await machine.run(['init']);
  await using _server = await machine.serve({ args: ['--outbox', 'outbox'] });
  const config = join(machine.path, 'segflow.config.ts');
  const text = readFileSync(config, 'utf8')
    .replace("segments: ['all-users']", "segments: ['no-such-segment']")
    .replace("rt.sendEmail('vip-email')", "rt.sendEmail('no-such-template')")
    .replace("fromAddress: 'Acme <hello@example.com>'", "fromAddress: ''");
  writeFileSync(config, text);
  const refused = await machine.try(['push']);
  expect(refused.code).toBe(3);
  expect(refused.stdout).toBe('');
  for (const part of [
    'campaigns.welcome-campaign.segments[0]',
    'no-such-template',
    'emailProvider.fromAddress',
  ]) {
    expect(refused.stderr).toContain(part);
  }
  expect((await machine.json<Status>(['status'])).deployment).toBeNull();
});

test('a config that does not compile: file, line and the code around it', async () => {
  await using machine = await project();
  await machine.run(['init']);
  await using _server = await machine.serve();
  const email = join(machine.path, 'emails', 'WelcomeEmailTemplate.tsx');
  const lines = readFileSync(email, 'utf8').split('\n');
  lines.splice(1, 0, 'const broken = = 1;');
  writeFileSync(email, lines.join('\n'));
  const refused = await machine.try(['push']);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toContain('WelcomeEmailTemplate.tsx:2');
  expect(refused.stderr).toContain('const broken = = 1;');
});

test('requests that make no sense are 4xx with a code and a hint, never 5xx; the server goes on', async () => {
  await using machine = await project();
  await using server = await machine.serve();
  const raw = async (method: string, path: string, body?: string) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    });
    const { error } = (await response.json()) as ErrorBody;
    expect(error.message).toBeTruthy();
    return `${response.status} ${error.code}`;
  };
  const event = (userId: unknown) => JSON.stringify({ userId, name: 'login' });
  expect(await raw('POST', '/v1/events', event('nobody'))).toBe('404 user_not_found');
  expect(await raw('POST', '/v1/events', event(7))).toBe('400 invalid_input');
  expect(await raw('POST', '/v1/events', event('x'.repeat(10_000)))).toBe('400 invalid_input');
  expect(await raw('POST', '/v1/events', '{"userId": ')).toBe('400 invalid_input');
  expect(await raw('PUT', '/v1/users/ada', '{"attributes": []}')).toBe('400 invalid_input');
  expect(await raw('PUT', '/v1/users/%00', '{"attributes": {}}')).toBe('400 invalid_input');
  const large = JSON.stringify({ attributes: { text: 'x'.repeat(1_100_000) } });
  expect(await raw('PUT', '/v1/users/ada', large)).toBe('413 payload_too_large');
  const many = { operations: Array.from({ length: 1_001 }, () => ({ type: 'delete', id: 'x' })) };
  expect(await raw('POST', '/v1/batch', JSON.stringify(many))).toBe('400 invalid_input');
  expect(await raw('GET', '/v1/nothing')).toBe('404 not_found');
  expect(await server.json<Status>('GET', '/v1/status')).toMatchObject({ users: 0, events: 0 });
});

test('attributes as in the documentation: key=value with numbers and booleans, and JSON', async () => {
  await using machine = await project();
  await using _server = await machine.serve();
  await machine.run(['add', 'user123', 'username=johndoe', 'email=john@example.com', 'age=42', 'pro=true']);
  await machine.run(['add', 'user123', '-j', '{"pro": null, "tags": ["a"]}']);
  await machine.run(['emit', 'login', 'user123', 'timestamp=1625247600']);
  const journey = await machine.json<{ attributes: object; events: object[] }>(['user', 'user123']);
  expect(journey.attributes).toEqual({
    username: 'johndoe',
    email: 'john@example.com',
    age: 42,
    tags: ['a'],
  });
  expect(journey.events).toMatchObject([{ name: 'login', attributes: { timestamp: 1_625_247_600 } }]);
});
