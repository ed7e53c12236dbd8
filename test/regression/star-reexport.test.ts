import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import { createHost } from '../../src/host/pool/pool.ts';

// A child that renders takes a second to start, more on a busy machine.
setDefaultTimeout(180_000);

/*
 * The getting-started config has a schema.ts that is `export * from 'segflow/schema'`. Bun compiles a star re-export of an
 * external module to names that nothing declares, so the bundle could not be loaded.
 */
test('a config whose module re-exports all of a host module is loaded by a host', async () => {
  const { id, code, problems } = await bundleConfig(
    join(import.meta.dir, '../fixtures/seed-getting-started/segflow.config.ts'),
  );
  expect(problems).toEqual([]);
  const host = createHost({ processes: 1, log: () => {} });
  try {
    const bundle = { id, code, environment: { POSTMARK_API_KEY: 'a-key' } };
    const { manifest } = await host.inspect(bundle);
    expect(manifest.segments).toMatchObject([{ id: 'all-users', sql: 'select `id` from `users`' }]);
    const [email] = await host.render(bundle, [
      { messageId: 'm', kind: 'template', id: 'welcome-email', attributes: { username: 'Ada' }, event: null },
    ]);
    expect(email).toMatchObject({ ok: true, subject: 'Welcome to YourApp, Ada!' });
  } finally {
    await host.close();
  }
});
