import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import type { Bundle } from '../../src/engine/ports/manifest.ts';
import { activation, bundleOf, hostFor, rendering } from './bundles.ts';

// A child that renders takes a second to start, more on a busy machine.
setDefaultTimeout(180_000);

const SEED = join(import.meta.dir, '../fixtures/seed/segflow.config.ts');
const PURCHASE = { name: 'purchase', attributes: { value: 12 }, createdAt: 1_760_000_000_000 };

async function pushed(path: string, environment: Record<string, string> = {}): Promise<Bundle> {
  const { id, code, problems } = await bundleConfig(path);
  expect(problems).toEqual([]);
  return { id, code, environment };
}

/** A config of several files, bundled as a push does. */
async function project(files: Record<string, string>): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'segflow-host-'));
  try {
    for (const [name, text] of Object.entries(files)) await Bun.write(join(folder, name), text);
    return await pushed(join(folder, 'segflow.config.tsx'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("the seed's config", () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await pushed(SEED, { POSTMARK_API_KEY: 'key-of-the-push' });
  });

  test('is inspected', async () => {
    await using host = hostFor();
    const { manifest, provider } = await host.inspect(bundle);
    expect(manifest.templates).toEqual(['welcome-email', 'winback-email', 'vip-email']);
    expect(manifest.segments.map(({ id }) => id)).toContain('big-spenders');
    expect(provider.config).toMatchObject({ name: 'postmark', apiKey: 'key-of-the-push' });
  });

  test("takes the server's own variable first", async () => {
    await using host = hostFor({
      environment: { PATH: process.env.PATH, POSTMARK_API_KEY: 'key-of-the-server' },
    });
    const { provider } = await host.inspect(bundle);
    expect(provider.config).toMatchObject({ apiKey: 'key-of-the-server' });
  });

  test('renders its emails, for the user and the event', async () => {
    await using host = hostFor({ processes: 1 });
    const attributes = { username: 'Ada <&>', email: 'ada@example.com' };
    const results = await host.render(bundle, [
      rendering('welcome-email', { attributes }),
      rendering('purchase', { kind: 'transaction', attributes, event: PURCHASE }),
      rendering('no-such-email', { attributes }),
    ]);
    expect(results[0]).toMatchObject({ ok: true, subject: 'Welcome to Segflow, Ada <&>!' });
    const [welcome] = results;
    if (!welcome?.ok) throw new Error('did not render');
    expect(welcome.html).toContain('Ada &lt;&amp;&gt;');
    expect(welcome.html).toStartWith('<!DOCTYPE');
    expect(welcome.text).toContain('Ada <&>');
    expect(results[1]).toMatchObject({ ok: true, subject: 'Order Confirmed, Ada <&>!' });
    expect(results[2]).toMatchObject({
      ok: false,
      error: { message: 'the configuration has no template "no-such-email"' },
    });
  });

  test('gives the queries of its segments', async () => {
    await using host = hostFor();
    expect(await host.segmentQueries(bundle, [], 0)).toEqual([]);
    const queries = await host.segmentQueries(bundle, ['purchased-users', 'all-users'], Date.UTC(2026, 0, 1));
    expect(queries.map(({ id }) => id)).toEqual(['purchased-users', 'all-users']);
    expect(queries[0]).toMatchObject({ params: ['purchase'] });
    expect(queries[1]!.sql).toBe('select `id` from `users`');
    await expect(host.segmentQueries(bundle, ['nobody'], 0)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  // Its flows run without React Email, which is most of what a child can weigh.
  test('advances its runs in a child that then cannot render, and renders in one that can do both', async () => {
    await using host = hostFor({ processes: 1 });
    const request = activation(1, { campaignId: 'welcome-campaign' });
    await host.advance(bundle, [request]);
    const light = host.pids();
    await host.render(bundle, [rendering('welcome-email', { attributes: { username: 'a' } })]);
    const heavy = host.pids();
    expect(heavy).not.toEqual(light);
    expect(await host.advance(bundle, [request])).toMatchObject([{ pending: { template: 'welcome-email' } }]);
    expect(host.pids()).toEqual(heavy);
  });
});

const FILES = {
  'segflow.config.tsx': `
import { Welcome, Broken, Hanging, Dated } from './emails/welcome';
import { eq } from 'drizzle-orm';
import { users } from 'segflow/schema';

export default {
  emailProvider: { config: { name: 'file' }, fromAddress: 'a@example.com' },
  templates: {
    welcome: { subject: 'Hello\\r\\nBcc: x@example.com', component: Welcome },
    broken: { subject: 'x', component: Broken },
    hanging: { subject: 'x', component: Hanging },
    dated: { subject: (user) => user.at.toISOString(), component: Dated },
    wordless: { subject: () => undefined, component: Welcome },
  },
  segments: {
    stuck: { evaluator: () => { while (true) {} } },
    bad: { evaluator: (db) => db.select({ id: users.id, x: users.createdAt }).from(users) },
  },
  campaigns: {
    c: {
      segments: [],
      behavior: 'static',
      flow: function* outer(ctx, rt) {
        yield rt.wait({ days: 1 });
        explode(ctx.attributes.plan);
      },
    },
    rubbish: {
      segments: [],
      behavior: 'static',
      *flow() {
        yield 5;
      },
    },
  },
};

function explode(plan: string) {
  throw new Error('no plan ' + plan);
}
`,
  'emails/welcome.tsx': `
import { Html, Text } from '@react-email/components';
import * as React from 'react';

interface Props { user: { name?: string; at: Date } }

export const Welcome = ({ user }: Props) => <Html><Text>Hello {user.name}</Text></Html>;

export function Broken({ user }: Props) {
  return (
    <Html>
      <Inner at={user.at} />
    </Html>
  );
}

function Inner({ at }: { at: Date }) {
  return <Text>{at.toISOString()}</Text>;
}

export const Hanging = () => {
  while (true) {}
};

export const Dated = ({ user }: Props) => <Text>{String(user.at instanceof Date)}</Text>;
Dated.PreviewProps = { user: { name: 'Preview', at: new Date(0) } };
`,
};

describe('a config of several files', () => {
  let bundle: Bundle;
  beforeAll(async () => {
    bundle = await project(FILES);
  });

  test("fails with the author's files and lines", async () => {
    await using host = hostFor({ processes: 1 });
    const [waiting] = await host.advance(bundle, [activation(1)]);
    if (waiting?.outcome !== 'advanced') throw new Error('did not advance');
    const [failed] = await host.advance(bundle, [
      activation(1, { journal: waiting.appended, result: null, attributes: { plan: 'pro' } }),
    ]);
    if (failed?.outcome !== 'failed') throw new Error('did not fail');
    expect(failed.error.message).toBe('no plan pro');
    const line = (text: string) =>
      FILES['segflow.config.tsx'].split('\n').findIndex((it) => it.includes(text)) + 1;
    const [message, ...frames] = failed.error.stack.split('\n');
    expect(message).toBe('Error: no plan pro');
    expect(frames[0]).toContain(`at explode (segflow.config.tsx:${line("throw new Error('no plan")}:`);
    expect(frames[1]).toContain(`at outer (segflow.config.tsx:${line('explode(ctx')}:`);
    expect(frames).toHaveLength(2);

    const [refused] = await host.advance(bundle, [activation(1, { campaignId: 'rubbish' })]);
    if (refused?.outcome !== 'failed') throw new Error('did not fail');
    const [told, place] = refused.error.stack.split('\n');
    expect(told).toStartWith('a flow can yield commands of rt');
    expect(place).toContain(`at flow (segflow.config.tsx:${line('*flow')}:`);

    const [broken] = await host.render(bundle, [rendering('broken')]);
    if (broken?.ok !== false) throw new Error('did not fail');
    expect(broken.error.stack).toContain('emails/welcome.tsx:18:');
    expect(broken.error.stack).toContain('Inner');
    expect(broken.error.stack).not.toContain('node_modules');
    expect(broken.error.stack).not.toContain('/src/');
  });

  test('renders what can be rendered when one email hangs or throws', async () => {
    await using host = hostFor({ processes: 1, timeoutMs: 4_000 });
    const results = await host.render(bundle, [
      rendering('welcome', { attributes: { name: 'A' } }),
      rendering('hanging'),
      rendering('broken'),
      rendering('wordless'),
      rendering('welcome', { attributes: { name: 'B' } }),
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false, false, true]);
    expect(results[0]).toMatchObject({ subject: 'Hello Bcc: x@example.com' });
    expect(results[1]).toMatchObject({ error: { message: 'the email was not rendered within 4 s' } });
    expect(results[3]).toMatchObject({ error: { message: 'the subject is undefined, not a text' } });
  });

  test('previews with PreviewProps, dates and all, or with a sample', async () => {
    await using host = hostFor({ processes: 1 });
    const results = await host.render(bundle, [
      rendering('dated', { preview: true }),
      rendering('welcome', { preview: true }),
    ]);
    expect(results[0]).toMatchObject({ ok: true, subject: '1970-01-01T00:00:00.000Z', text: 'true' });
    expect(results[1]).toMatchObject({ ok: true, text: 'Hello Ada Lovelace' });
  });

  test('does not hang an evaluation', async () => {
    await using host = hostFor({ processes: 1, timeoutMs: 1_500 });
    await expect(host.segmentQueries(bundle, ['stuck'], 0)).rejects.toMatchObject({
      code: 'host_timeout',
      message: 'the evaluator did not return within 1.5 s',
    });
    await expect(host.segmentQueries(bundle, ['bad'], 0)).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('segment "bad"'),
    });
  });
});

describe('what a preview lists', () => {
  test('of a config that cannot be pushed', async () => {
    const bundle = await project({
      'segflow.config.tsx': `
        import { Text } from '@react-email/components';
        const Receipt = ({ user, event }) => <Text>{user.name} {event.attributes.value}</Text>;
        Receipt.PreviewProps = { user: { name: 'P' }, event: { attributes: { value: 3 } } };
        export default {
          emailProvider: { config: { name: 'postmark', apiKey: process.env.POSTMARK_API_KEY }, fromAddress: 'a@example.com' },
          templates: { plain: { subject: 'x', component: () => <Text>x</Text> } },
          transactions: { receipt: { event: 'purchase', subject: 'y', component: Receipt } },
        };`,
    });
    await using host = hostFor({ processes: 1 });
    const catalog = await host.catalog(bundle);
    expect(catalog.fromAddress).toBe('a@example.com');
    expect(catalog.items).toMatchObject([
      { kind: 'template', id: 'plain', previewProps: false, sample: { event: null } },
      {
        kind: 'transaction',
        id: 'receipt',
        previewProps: true,
        sample: { attributes: { name: 'P' }, event: { name: 'purchase', attributes: { value: 3 } } },
      },
    ]);
    expect(catalog.problems.map(({ path }) => path)).toEqual(['emailProvider.config.apiKey']);
    await expect(host.inspect(bundle)).rejects.toMatchObject({
      code: 'invalid_config',
      details: catalog.problems,
    });
  });

  test('of a module that throws: where', async () => {
    const bundle = await project({
      'segflow.config.tsx': "import './other';\nexport default {};",
      'other.ts':
        "const missing = process.env.NOT_SET;\n\nif (!missing) throw new Error('NOT_SET is not set');\n",
    });
    await using host = hostFor({ processes: 1 });
    const { items, problems } = await host.catalog(bundle);
    expect(items).toEqual([]);
    expect(problems).toMatchObject([{ message: 'NOT_SET is not set', file: 'other.ts', line: 3 }]);
    expect(problems[0]!.frame).toContain("> 3 | if (!missing) throw new Error('NOT_SET is not set');");
  });
});

test('code that uses React Email while it is loaded gets the real one', async () => {
  const bundle = bundleOf(
    '{ campaigns: { c: { flow: function* (ctx, rt) { yield rt.sendEmail(typeof render) } } } }',
    {
      before: `import { Html, render } from "@react-email/components";
        if (Html.$$typeof !== Symbol.for('react.forward_ref')) throw new Error('not real');`,
    },
  );
  await using host = hostFor({ processes: 1 });
  expect(await host.advance(bundle, [activation(1)])).toMatchObject([{ pending: { template: 'function' } }]);
});
