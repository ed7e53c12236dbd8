import { expect, test } from 'bun:test';
import { Mutex } from '../../src/core/mutex.ts';
import { Deployments } from '../../src/engine/deployments/deployments.ts';
import { createSecretBox } from '../../src/engine/deployments/secret-box.ts';
import type { Host } from '../../src/engine/ports/host.ts';
import { createHost } from '../../src/host/pool/pool.ts';
import { configOf, engineWorld, type World } from './world.ts';

/** Another process on the same store, in an environment of its own, that counts how often it has to look into the code. */
async function another(world: World, environment: Record<string, string> = {}) {
  const host = createHost({ processes: 1, environment: { ...process.env, ...environment }, log: () => {} });
  let inspections = 0;
  const counting: Host = {
    ...host,
    inspect: (bundle) => {
      inspections++;
      return host.inspect(bundle);
    },
  };
  const deployments = new Deployments({
    store: world.store,
    host: counting,
    secrets: await createSecretBox('test'),
    evaluation: new Mutex(),
    environment,
  });
  const provider = await deployments.provider((await deployments.active())!);
  await host.close();
  return { provider, inspections };
}

test("a start needs no look into the code to know how mail is sent, unless the server's environment says otherwise", async () => {
  await using world = await engineWorld();
  await world.push(configOf({}));
  const { token } = world.postmark;
  expect(await another(world)).toMatchObject({ inspections: 0, provider: { config: { apiKey: token } } });
  expect(await another(world, { POSTMARK_API_KEY: token, OTHER: 'x' })).toMatchObject({ inspections: 0 });
  expect(await another(world, { POSTMARK_API_KEY: 'of-the-server' })).toMatchObject({
    inspections: 1,
    provider: { config: { apiKey: 'of-the-server' } },
  });
});

test('the settings are encrypted at rest', async () => {
  await using world = await engineWorld();
  await world.push(configOf({}));
  const { environment } = (await world.store.activeDeployment())!;
  expect(environment).not.toContain(world.postmark.token);
  expect(environment).not.toContain('hello@example.com');
  expect(Buffer.from(environment.slice(3), 'base64').toString('latin1')).not.toContain('hello@example.com');
});
