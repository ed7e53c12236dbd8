import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PreviewState } from '../../src/preview/api.ts';
import { startPreview } from '../../src/preview/server.ts';
import { waitFor } from '../helpers/wait-for.ts';

export const CONFIG = `
import type { SegflowConfig } from 'segflow';
import Digest from './emails/Digest';
import Receipt from './emails/Receipt';
import Welcome from './emails/Welcome';

const config: SegflowConfig<{ username: string; email: string }> = {
  emailProvider: {
    config: { name: 'postmark', apiKey: process.env.PREVIEW_TEST_KEY! },
    fromAddress: 'Harbour <hello@harbour.example>',
  },
  templates: {
    'welcome-email': { subject: (user) => \`Welcome, \${user.username}!\`, component: Welcome },
    'weekly-digest': { subject: (user) => \`\${user.username}'s week\`, component: Digest },
  },
  transactions: {
    receipt: { event: 'purchase', subject: 'Your receipt', component: Receipt },
  },
};
export default config;
`;

export const WELCOME = `
import { Body, Head, Heading, Html, Link, Preview, Tailwind, Text } from '@react-email/components';
import { greeting } from './greeting';

export default function Welcome({ user }: { user: { username: string } }) {
  return (
    <Html>
      <Head />
      <Preview>Good to have you here.</Preview>
      <Tailwind>
        <Body className="bg-white font-sans">
          <Heading className="text-[24px]">{greeting} {user.username}</Heading>
          <Text>First of many.</Text>
          <Link href="https://example.com/start">Start</Link>
        </Body>
      </Tailwind>
    </Html>
  );
}
`;

const FILES = {
  'segflow.config.ts': CONFIG,
  'emails/greeting.ts': "export const greeting = 'Hello';\n",
  'emails/Welcome.tsx': WELCOME,
  'emails/Digest.tsx': `
import { Body, Html, Text } from '@react-email/components';

export default function Digest({ user }: { user: { username: string; news: string[] } }) {
  return (
    <Html>
      <Body>
        {user.news.map((line) => (
          <Text key={line}>{line}</Text>
        ))}
      </Body>
    </Html>
  );
}
Digest.PreviewProps = { user: { username: 'Noor', email: 'noor@harbour.example', news: ['Three roasts arrived'] } };
`,
  'emails/Receipt.tsx': `
import { Body, Html, Text } from '@react-email/components';

export default function Receipt({ event }: { event: { attributes: { value?: number }; createdAt: Date } }) {
  return (
    <Html>
      <Body>
        <Text>Paid {event.attributes.value} in {event.createdAt.getUTCFullYear()}</Text>
      </Body>
    </Html>
  );
}
`,
};

export interface Previewed extends AsyncDisposable {
  root: string;
  url: string;
  /** What the command would have printed. */
  lines: string[];
  /** Saves as many editors do: a new file is renamed into place. */
  save(file: string, content: string): void;
  read(file: string): string;
}

/** A project in a folder of its own, without node_modules, and a preview of it that was loaded, well or badly. */
export async function previewed(files: Record<string, string> = {}, port = 0): Promise<Previewed> {
  const root = mkdtempSync(join(tmpdir(), 'segflow-preview-'));
  const save = (file: string, content: string) => {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new~`, content);
    renameSync(`${path}.new~`, path);
  };
  for (const [file, content] of Object.entries({ ...FILES, ...files })) save(file, content);
  const lines: string[] = [];
  const preview = await startPreview({
    configPath: join(root, 'segflow.config.ts'),
    port,
    host: '127.0.0.1',
    log: (line) => lines.push(line),
  });
  // On a busy machine that takes longer than the preview waits for it.
  await waitFor('the project to be loaded', async () => {
    const response = await fetch(`${preview.url}/api/state`);
    return ((await response.json()) as PreviewState).version > 0;
  });
  return {
    root,
    url: preview.url,
    lines,
    save,
    read: (file) => readFileSync(join(root, file), 'utf8'),
    async [Symbol.asyncDispose]() {
      await preview.close();
      rmSync(root, { recursive: true });
    },
  };
}
