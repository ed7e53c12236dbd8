import { describe, expect, test } from 'bun:test';
import * as components from '@react-email/components';
import { render, toPlainText } from '@react-email/render';
import type { ReactElement, ReactNode } from 'react';
import { use } from 'react';
import { SegflowError } from '../../src/core/errors.ts';
import { renderEmail } from '../../src/email/render.ts';
import { Tailwind } from '../../src/email/tailwind.ts';
import { documents, type Kit } from './documents.tsx';

const { Body, Head, Html, Text } = components;

describe('renderEmail', () => {
  for (const [name, document] of Object.entries(documents)) {
    test(`gives the library's HTML and text for ${name}`, async () => {
      const html = await render(document(components as unknown as Kit));
      const rendered = await renderEmail(document({ ...components, Tailwind } as unknown as Kit));
      expect(rendered.html).toBe(html);
      expect(rendered.text).toBe(toPlainText(html, { selectors: keepCase }));
    });
  }

  test('awaits async components, inside Tailwind and outside, each called once per place', async () => {
    let calls = 0;
    const Greeting = async ({ name }: { name: string }): Promise<ReactNode> => {
      calls++;
      await Promise.resolve();
      return <Text className="text-red-500">Hello {name}</Text>;
    };
    const Both = () => (
      <>
        <Greeting name="Ann" />
        <Greeting name="Bob" />
      </>
    );
    const { html } = await renderEmail(
      <Html>
        <Tailwind>
          <Both />
        </Tailwind>
        <Greeting name="Cy" />
      </Html>,
    );
    for (const name of ['Ann', 'Bob', 'Cy']) expect(html).toContain(`Hello <!-- -->${name}`);
    expect(html.match(/color:rgb\(251,44,54\)/g)).toHaveLength(2);
    expect(calls).toBeGreaterThanOrEqual(3);
  });

  test('waits for use(promise) inside Tailwind', async () => {
    const data = Promise.resolve('from afar');
    const Late = () => <b>{use(data)}</b>;
    expect((await renderEmail(<Tailwind>{<Late />}</Tailwind>)).html).toContain('<b>from afar</b>');
  });

  test('says which component threw, outside Tailwind', async () => {
    const error = await failure(<Html>{<Outer>{<Broken />}</Outer>}</Html>);
    expect(error.code).toBe('render_error');
    expect(error.message).toBe("undefined is not an object (evaluating 'user.name')");
    const { stack } = error.cause as Error;
    expect(stack).toMatch(/in the components\n.*at Broken[\s\S]*at Outer/);
    expect(stack).toContain('render.test.tsx');
  });

  test('says which component threw, inside Tailwind', async () => {
    const inside = <Tailwind>{<Outer>{<Broken />}</Outer>}</Tailwind>;
    const error = await failure(inside);
    expect((error.cause as Error).stack).toMatch(
      /in the components\n.*at Broken\n.*at Outer\n[\s\S]*at Tailwind/,
    );
  });

  test('an async component that rejects is a render_error', async () => {
    const Rejects = async (): Promise<ReactNode> => {
      throw new Error('no such price');
    };
    for (const element of [<Rejects key="a" />, <Tailwind key="b">{<Rejects />}</Tailwind>]) {
      expect(await failure(element)).toMatchObject({ code: 'render_error', message: 'no such price' });
    }
  });

  test('a promise that nobody keeps is a render_error, inside Tailwind as well', async () => {
    const Never = async (): Promise<ReactNode> => await new Promise<never>(() => {});
    for (const element of [<Never key="a" />, <Tailwind key="b">{<Never />}</Tailwind>]) {
      const error = await renderEmail(element, { patienceMs: 20 }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'render_error', message: expect.stringContaining('0.02 s') });
    }
  });

  test('what is thrown need not be an error', async () => {
    const Throws = (): ReactNode => {
      throw 'a string';
    };
    expect((await failure(<Throws />)).message).toBe('a string');
  });

  test('a hover without a head is refused in the words of the library', async () => {
    const element = (
      <Html>
        <Head />
        <Tailwind>
          <Body className="hover:p-4">x</Body>
        </Tailwind>
      </Html>
    );
    expect((await failure(element)).message).toContain('<head>');
    expect((await failure(element)).message).toContain('hover:p-4');
  });

  test('a component that renders nothing is refused, one that renders only an image is not', async () => {
    const Nothing = () => null;
    expect((await failure(<Nothing />)).message).toContain('rendered nothing');
    expect((await renderEmail(<img src="https://example.com/a.png" alt="" />)).text).toBe('');
  });

  test('a failed render leaves nothing behind', async () => {
    await failure(<Tailwind>{<Broken />}</Tailwind>);
    const document = documents['the welcome email']!;
    const html = await render(document(components as unknown as Kit));
    expect((await renderEmail(document({ ...components, Tailwind } as unknown as Kit))).html).toBe(html);
  });
});

const keepCase = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
  selector,
  options: { uppercase: false },
}));

function Outer({ children }: { children?: ReactNode }) {
  return <div>{children}</div>;
}

function Broken() {
  const { user } = {} as { user: { name: string } };
  return <b>{user.name}</b>;
}

async function failure(element: ReactElement): Promise<SegflowError> {
  const error = await renderEmail(element).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!SegflowError.is(error)) throw new Error(`expected a SegflowError, got ${String(error)}`);
  return error;
}
