import { render } from '@react-email/render';
import type { ReactElement } from 'react';
import { messageOf, SegflowError } from '../core/errors.ts';
import { traceOf } from './component-trace.ts';
import { plainText } from './plain-text.ts';

export interface RenderedEmail {
  html: string;
  text: string;
}

/** How long components may take to have their promises answered. */
const PATIENCE_MS = 3_000;

/**
 * The email as HTML and as plain text: an async component is awaited. The text is that of React Email's toPlainText, but
 * headings keep their case. Throws `render_error` when a component throws, waits too long, or nothing is rendered; its `cause` is
 * an error whose stack ends with the components that the failure came through.
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

/** The library keeps React's component stack to itself, so the failing render is done once more without it. */
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
    // It failed again, as it should: onError has noted where.
  }
  const original = error instanceof Error ? error.stack : undefined;
  const cause = new Error(messageOf(error), { cause: error });
  cause.stack = `${original ?? cause.message}\n\nin the components${traceOf(error)}${stack}`;
  return cause;
}

function isBlank(html: string): boolean {
  return html.replace(/<!--.*?-->|<!DOCTYPE[^>]*>/gs, '').trim() === '';
}
