import { describe, expect, test } from 'bun:test';
import * as components from '@react-email/components';
import { render } from '@react-email/render';
import * as reactEmail from 'react-email';
import { Tailwind } from '../../src/email/tailwind.ts';
import { Tailwind as ReactEmailTailwind } from '../../src/email/tailwind-react-email.ts';
import { documents, type Kit } from './documents.tsx';

const releases = [
  { name: '@react-email/components', library: components as unknown as Kit, ours: Tailwind },
  { name: 'react-email', library: reactEmail as unknown as Kit, ours: ReactEmailTailwind },
];

describe.each(releases)('Tailwind of $name', ({ library, ours }) => {
  for (const [name, document] of Object.entries(documents)) {
    test(`gives the library's bytes for ${name}, the first time and from memory`, async () => {
      const expected = await render(document(library));
      const kit = { ...library, Tailwind: ours } as Kit;
      expect(await render(document(kit))).toBe(expected);
      expect(await render(document(kit))).toBe(expected);
    });
  }
});
