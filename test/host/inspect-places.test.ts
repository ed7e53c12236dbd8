import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleConfig } from '../../src/config/bundle/bundle.ts';
import type { Bundle, Problem } from '../../src/engine/ports/manifest.ts';
import { hostFor } from './bundles.ts';

// A child that renders takes a second to start, more on a busy machine.
setDefaultTimeout(180_000);

async function project(config: string): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'segflow-places-'));
  try {
    const path = join(folder, 'segflow.config.tsx');
    await Bun.write(path, config);
    const { id, code, problems } = await bundleConfig(path);
    expect(problems).toEqual([]);
    return { id, code, environment: {} };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const WRONG = `
import * as schema from 'segflow/schema';
function Welcome({ user }) {
  return <p>{user.address.street}</p>;
}
export default {
  emailProvider: { config: { name: 'postmark', apiKey: process.env.MAIL_KEY }, fromAddress: 'hello@example.com' },
  templates: {
    welcome: { subject: (user) => user.address.city, component: Welcome },
  },
  segments: {
    some: { evaluator: (db) => db.select({ id: schema.users.id }).from(schema.nothing.here) },
  },
};`;

function problemAt(problems: Problem[], path: string): Problem | undefined {
  return problems.find((problem) => problem.path === path);
}

test('what subjects, components and evaluators throw is found in the sources, and hints name what is there', async () => {
  await using host = hostFor();
  const refused = (await host.inspect(await project(WRONG)).catch((error: unknown) => error)) as {
    details: Problem[];
  };
  const problems = refused.details;
  expect(problemAt(problems, 'templates.welcome.subject')).toMatchObject({
    file: 'segflow.config.tsx',
    line: 9,
    hint: expect.stringContaining('Welcome.PreviewProps'),
  });
  const component = problemAt(problems, 'templates.welcome.component');
  expect(component).toMatchObject({
    file: 'segflow.config.tsx',
    line: 4,
    hint: expect.stringContaining('Welcome.PreviewProps'),
  });
  expect(component?.frame).toContain('user.address.street');
  expect(problemAt(problems, 'segments.some.evaluator')).toMatchObject({
    file: 'segflow.config.tsx',
    line: 12,
  });
  expect(problemAt(problems, 'emailProvider.config.apiKey')).toMatchObject({
    message: 'is undefined: the environment variable MAIL_KEY is not set',
    hint: expect.stringContaining('MAIL_KEY=…'),
  });
});

const FLOWS = `
const { never } = { never: 'never' };
export default {
  emailProvider: { config: { name: 'file' }, fromAddress: 'hello@example.com' },
  templates: { welcome: { subject: () => 5, component: () => <p>x</p> } },
  segments: {},
  campaigns: {
    one: { segments: [], behavior: 'static', flow: function* (ctx, rt) {
      if (ctx.attributes.name) {
        yield rt.sendEmail(
          'welcom');
      }
      rt.wait({ days: 1 });
    } },
    two: {
      segments: [], behavior: 'static',
      *flow(ctx, { inSegment, sendEmail }) {
        const inside = yield* inSegment('nobody'); yield sendEmail('welcome'); sendEmail('welcome');
      },
    },
    three: {
      segments: [], behavior: 'static',
      async *flow() {},
    },
  },
};`;

test('what a flow says is found in the sources', async () => {
  await using host = hostFor();
  const refused = (await host.inspect(await project(FLOWS)).catch((error: unknown) => error)) as {
    details: Problem[];
  };
  const lines = FLOWS.split('\n');
  const found = refused.details.flatMap(({ path, message, file, line, column, frame }) =>
    path.endsWith('.flow') || path.endsWith('.subject')
      ? [
          [
            path,
            file,
            message.slice(0, 10),
            lines[line! - 1]!.slice(column! - 1).slice(0, 12),
            frame?.includes(`> ${line} |`),
          ],
        ]
      : [],
  );
  const file = 'segflow.config.tsx';
  expect(found).toEqual([
    ['templates.welcome.subject', file, 'returns th', '() => 5, com', true],
    ['campaigns.one.flow', file, 'sends the ', 'rt.sendEmail', true],
    ['campaigns.one.flow', file, 'calls rt.w', 'rt.wait({ da', true],
    ['campaigns.two.flow', file, 'asks for t', "inSegment('n", true],
    ['campaigns.two.flow', file, 'calls rt.s', "sendEmail('w", true],
    ['campaigns.three.flow', file, 'is an asyn', 'flow() {},', true],
  ]);
});

test('a preview lists emails at once though one of them never ends', async () => {
  await using host = hostFor({ timeoutMs: 120_000 });
  const bundle = await project(`
    export default {
      emailProvider: { config: { name: 'file' }, fromAddress: 'hello@example.com' },
      templates: {
        hangs: { subject: 'Hangs', component: () => { while (true); } },
        fine: { subject: 'Fine', component: () => <p>fine</p> },
      },
    };`);
  const { items, problems } = await host.catalog(bundle);
  expect(items.map(({ id }) => id)).toEqual(['hangs', 'fine']);
  expect(problems).toEqual([]);
});
