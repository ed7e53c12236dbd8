import * as components from '@react-email/components';
import { render } from '@react-email/render';
import { messageOf } from '../../src/core/errors.ts';
import { createMailProvider } from '../../src/email/providers/create.ts';
import { renderEmail } from '../../src/email/render.ts';
import { Tailwind } from '../../src/email/tailwind.ts';
import type { OutgoingEmail } from '../../src/engine/ports/mail.ts';
import { documents, type Kit } from './documents.tsx';

/* What compiled.test.ts compiles and runs where there are no modules: prints what it saw as JSON. */

const kit = { ...components, Tailwind } as unknown as Kit;
const different: string[] = [];
for (const [name, document] of Object.entries(documents)) {
  const expected = await render(document(components as unknown as Kit));
  for (const _again of [1, 2]) {
    const { html } = await renderEmail(document(kit));
    if (html !== expected) different.push(name);
  }
}

const Broken = () => {
  throw new Error('broken template');
};
const error = await renderEmail(<Broken />).catch((thrown: unknown) => thrown);

const { html, text } = await renderEmail(documents['the welcome email']!(kit));
const email: OutgoingEmail = {
  id: 'msg_1',
  kind: 'campaign',
  from: 'Segflow <hello@segflow.io>',
  to: 'john@example.com',
  subject: 'Welcome 🎉',
  html,
  text,
  tag: 'welcome-email',
};
const settings = {
  config: { name: 'postmark', apiKey: 'test-token' },
  fromAddress: 'hello@segflow.io',
} as const;
const options = { dataDir: process.cwd(), environment: process.env };
const results = [];
for (const extra of [{}, { outbox: `${process.cwd()}/outbox` }]) {
  const provider = createMailProvider(settings, { ...options, ...extra });
  const [sent] = await provider.send([email]);
  results.push({ name: provider.name, sent, found: [...(await provider.find(['msg_1', 'msg_2']))] });
}

console.log(
  JSON.stringify({
    documents: Object.keys(documents).length,
    different,
    error: messageOf(error),
    cause: (error as { cause?: Error }).cause?.stack,
    text,
    results,
  }),
);
