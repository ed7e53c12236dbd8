import { render } from '@react-email/render';
import type { ReactElement } from 'react';
import { messageOf, SegflowError } from '../core/errors.ts';
import { traceOf } from './component-trace.ts';
import { plainText } from './plain-text.ts';

export interface RenderedEmail {
  html: string;
  text: string;
}

/** The time limit for promises of components. */
const PATIENCE_MS = 3_000;

/**
 * Renders the email as HTML and plain text; async components are awaited. The text is that of React
 * Email's toPlainText, except that headings keep their case. Throws `render_error` when a component
 * throws or waits too long, or nothing is rendered; the stack of its `cause` ends with the
 * components that the failure came through.
 */
export async function renderEmail(
  element: ReactElement,
  { patienceMs = PATIENCE_MS }: { patienceMs?: number } = {},
): Promise<RenderedEmail> {
  let html: string;
  try {
    html = await within(patienceMs, render(element));
  } catch (error) {
    if (SegflowError.is(error)) throw error;
    throw new SegflowError('render_error', messageOf(error), { cause: await withComponents(error, element) });
  }
  if (isBlank(html)) {
    throw new SegflowError('render_error', 'the component rendered nothing', {
      hint: 'Return elements from it, starting with <Html>.',
    });
  }
  return { html, text: plainText(html) };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `a component still waits for a promise after ${ms / 1000} s`;
      const hint = 'Fetch data in a flow or store it on the user, and give it to the email as attributes.';
      reject(new SegflowError('render_error', message, { hint }));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The library does not expose React's component stack, so the failing render is repeated without
 * the library.
 */
async function withComponents(error: unknown, element: ReactElement): Promise<Error> {
  const { renderToReadableStream } = await import('react-dom/server');
  let stack = '';
  try {
    const stream = await renderToReadableStream(element, {
      signal: AbortSignal.timeout(1_000),
      onError(_error, info) {
        stack ||= info.componentStack ?? '';
      },
    });
    await stream.allReady;
  } catch {
    // The second render failed too, as expected; onError has recorded the place.
  }
  const original = error instanceof Error ? error.stack : undefined;
  const cause = new Error(messageOf(error), { cause: error });
  cause.stack = `${original ?? cause.message}\n\nin the components${traceOf(error)}${stack}`;
  return cause;
}

function isBlank(html: string): boolean {
  return html.replace(/<!--.*?-->|<!DOCTYPE[^>]*>/gs, '').trim() === '';
}
