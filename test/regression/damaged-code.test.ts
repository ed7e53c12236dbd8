import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { configOf, engineWorld, World } from '../engine/world.ts';
import { testClock } from '../helpers/clock.ts';
import { temporaryFolder } from '../store/folder.ts';

test('code that was changed in the store is not run, and is whole again once it is pushed again', async () => {
  using folder = temporaryFolder();
  await using outer = await engineWorld();
  const clock = testClock();
  const source = configOf({
    campaigns: `c: { segments: ['everyone'], behavior: 'static', flow: function* (ctx, rt) { yield rt.sendEmail('hello'); } }`,
  });
  const world = async () => {
    const store = await openStore({ dataDir: folder.path, clock });
    const made = new World({ clock, postmark: outer.postmark, store, host: outer.host });
    return { made, store };
  };
  const first = await world();
  await first.made.start();
  await first.made.push(source);
  await first.made.engine.stop();
  await first.store.close();

  const database = new Database(join(folder.path, 'segflow.db'));
  database.run(`update deployments set code = replace(code, 'sendEmail', 'sendEmaiI')`);
  database.close();

  const second = await world();
  await second.made.start();
  await second.made.submit({
    type: 'user',
    id: 'ada',
    attributes: { email: 'ada@example.com' },
    mode: 'upsert',
  });
  const active = await second.made.engine.deployments.active();
  expect(() => active!.bundle).toThrow('not what was pushed');
  expect(second.made.mail).toEqual([]);
  await second.made.push(source);
  await second.made.settle();
  expect(second.made.mail).toEqual(['hello → ada@example.com']);
  await second.made.engine.stop();
  await second.store.close();
});
