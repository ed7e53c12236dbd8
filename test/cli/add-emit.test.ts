import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { emptyFolder } from './command-line.ts';
import { memoryServer } from './memory-server.ts';

setDefaultTimeout(180_000);

const CHANGES = {
  segments: { entered: ['all-users'], left: [] },
  campaigns: { entered: ['welcome'], left: [] },
};

describe('add', () => {
  test("the usage text's example", async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const ran = await folder.segflow(
      ['add', 'user123', 'username=johndoe', 'email=john@example.com'],
      server,
    );
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toContain('Added user user123');
    expect(server.backend.users.get('user123')).toEqual({ username: 'johndoe', email: 'john@example.com' });
    expect(server.backend.awaited).toEqual([]);
  });

  test.each([
    ['after the id', ['add', 'user123', '-j', '{"username": "johndoe", "age": -3}', '--wait']],
    ['before the id', ['add', '-j', '{"username": "johndoe", "age": -3}', 'user123', '--wait']],
    ['at the end', ['add', 'user123', '--wait', '-j', '{"username": "johndoe", "age": -3}']],
    ['glued', ['add', 'user123', '--wait', '-j{"username": "johndoe", "age": -3}']],
    ['in full', ['add', '--json-attributes={"username": "johndoe", "age": -3}', '--wait', 'user123']],
    ['as pairs', ['add', 'user123', 'username=johndoe', 'age=-3', '--wait']],
    ['half and half', ['add', 'user123', 'age=-3', '-j', '{"username": "johndoe"}', '--wait']],
  ])('attributes %s, with --json', async (_name, args) => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const ran = await folder.segflow([...args, '--json'], server);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.json()).toEqual({
      user: 'user123',
      created: true,
      attributes: { username: 'johndoe', age: -3 },
      ...CHANGES,
    });
    expect(server.backend.users.get('user123')).toEqual({ username: 'johndoe', age: -3 });
  });

  test('--wait shows what the user entered', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const ran = await folder.segflow(['add', 'user123', 'a=1', '--wait'], server);
    expect(ran.stdout).toBe('+ entered segment all-users\n+ entered campaign welcome\n');
    expect(server.backend.awaited).toEqual(['user123']);
  });

  test('null removes, no attributes is fine, an odd id arrives as it is', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const id = 'a/b?c#d %20é';
    await folder.segflow(['add', id, 'plan=pro', 'trial=true'], server);
    await folder.segflow(['add', id, 'trial=null'], server);
    expect((await folder.segflow(['add', id], server)).code).toBe(0);
    expect(server.backend.users.get(id)).toEqual({ plan: 'pro' });
  });

  test('an id that begins with a dash goes behind --', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    expect((await folder.segflow(['add', '--', '-5', 'a=1'], server)).code).toBe(0);
    expect(server.backend.users.get('-5')).toEqual({ a: 1 });
  });
});

describe('emit', () => {
  test("the usage text's example", async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await folder.segflow(['add', 'user123'], server);
    const ran = await folder.segflow(['emit', 'login', 'user123', 'timestamp=1625247600'], server);
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(server.backend.events).toMatchObject([
      { name: 'login', userId: 'user123', attributes: { timestamp: 1625247600 } },
    ]);
  });

  test('--wait --json, and a message id', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    await folder.segflow(['add', 'user123'], server);
    const ran = await folder.segflow(
      ['emit', 'purchase', 'user123', 'amount=99.99', '--message-id', 'm1', '--wait', '--json'],
      server,
    );
    expect(ran.json()).toEqual({ user: 'user123', event: 'purchase', duplicate: false, ...CHANGES });
    expect(server.backend.events).toMatchObject([{ messageId: 'm1', attributes: { amount: 99.99 } }]);
  });

  test('an unknown user is an error of its own', async () => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const ran = await folder.segflow(['emit', 'login', 'nobody', '--json'], server);
    expect(ran).toMatchObject({ code: 6, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'user_not_found' } });
  });
});

describe('refused before anything is sent', () => {
  test.each([
    [['add'], 'needs <user-id>'],
    [['add', ''], 'needs <user-id>'],
    [['add', 'u', 'johndoe'], 'no "="'],
    [['add', 'u', '{"a":1}'], 'need -j'],
    [['add', 'u', '-j', '[1]'], 'JSON object'],
    [['add', 'u', '-j'], '-j needs a value'],
    [['add', 'u', '-j', '--wait'], '-j needs a value'],
    [['add', 'u', '--frce'], 'no flag --frce'],
    [['add', 'u', '--wiat'], 'Did you mean --wait?'],
    [['add', 'u', '--wait=maybe'], 'takes no value'],
    [['emit', 'login'], 'needs <user-id>'],
    [['emit', 'login', 'u', 'x'], 'no "="'],
  ])('%p', async (args, message) => {
    await using folder = await emptyFolder();
    await using server = await memoryServer();
    const ran = await folder.segflow(args, server);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(message);
    expect(server.backend.users.size + server.backend.events.length).toBe(0);
  });
});
