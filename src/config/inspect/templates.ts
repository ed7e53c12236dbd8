import type { FC, ReactElement } from 'react';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { hash53 } from '../../core/hash.ts';
import { type Sample, sampleFor } from '../sample.ts';
import { describeValue, isPromise, isRecord } from '../value-kinds.ts';
import { nameTrouble } from './ids.ts';
import type { Path, Report } from './report.ts';

/** Renders a React element as an email. Throws when rendering fails or the result is empty. */
export type Render = (element: ReactElement) => Promise<unknown>;

/**
 * Checks the templates; with a renderer, renders each with its sample. Returns their ids, and
 * stores a hash of each result in `hashes`.
 */
export async function inspectTemplates(
  entries: [string, unknown][],
  render: Render | undefined,
  report: Report,
  hashes: Record<string, string> = {},
): Promise<string[]> {
  for (const [id, value] of entries) {
    const path = ['templates', id];
    await report.guard(path, async () => {
      if (!isRecord(value)) {
        const hint = typeof value === 'function' ? 'Write { subject: …, component: … }.' : undefined;
        report.add(path, `expected a template, got ${describeValue(value)}`, hint);
        return;
      }
      report.unknownKeys(path, value, ['subject', 'component']);
      hashes[id] = await checkEmail(value, path, 'sample', render, report);
    });
  }
  return entries.map(([id]) => id);
}

/** Checks the transactions in the same way. Returns their ids and events. */
export async function inspectTransactions(
  entries: [string, unknown][],
  render: Render | undefined,
  report: Report,
  hashes: Record<string, string> = {},
): Promise<{ id: string; event: string }[]> {
  const transactions: { id: string; event: string }[] = [];
  for (const [id, value] of entries) {
    const path = ['transactions', id];
    await report.guard(path, async () => {
      if (!isRecord(value)) {
        report.add(path, `expected a transaction, got ${describeValue(value)}`);
        return;
      }
      report.unknownKeys(path, value, ['event', 'subject', 'component']);
      const event = eventOf(value.event, id, [...path, 'event'], report);
      hashes[id] = await checkEmail(value, path, event, render, report);
      transactions.push({ id, event });
    });
  }
  return transactions;
}

// --- internal ---

function eventOf(value: unknown, id: string, path: Path, report: Report): string {
  if (typeof value !== 'string') {
    const message =
      value === undefined ? 'is missing' : `expected the name of an event, got ${describeValue(value)}`;
    report.add(path, message, `Write for example event: ${JSON.stringify(id)}.`);
    return id;
  }
  const trouble = nameTrouble(value);
  if (trouble) report.add(path, `the event's name ${trouble}`);
  return value;
}

async function checkEmail(
  value: Record<string, unknown>,
  path: Path,
  event: string,
  render: Render | undefined,
  report: Report,
): Promise<string> {
  const sample = sampleFor(value.component, event);
  const about = { sample, component: value.component };
  const subject = await checkSubject(value.subject, [...path, 'subject'], about, report);
  const rendered = await checkComponent(value.component, [...path, 'component'], sample, render, report);
  return hash53(JSON.stringify([subject, rendered]) ?? '');
}

async function checkSubject(
  value: unknown,
  path: Path,
  { sample, component }: { sample: Sample; component: unknown },
  report: Report,
): Promise<unknown> {
  const hint = 'Write a text, or a function of the user: (user) => "Welcome, " + user.username.';
  if (typeof value !== 'string' && typeof value !== 'function') {
    report.add(
      path,
      value === undefined ? 'is missing' : `expected a text or a function, got ${describeValue(value)}`,
      hint,
    );
    return undefined;
  }
  let subject: unknown = value;
  if (typeof value === 'function') {
    try {
      subject = value(sample.user, sample.event);
    } catch (error) {
      const message = `throws for ${who(sample)}: ${messageOf(error)}`;
      await report.addThrown(path, message, { thrown: error, hint: propsHint(sample, component) });
      return undefined;
    }
  }
  const tell = (message: string, meant: string) =>
    report.addInCode(path, message, { code: value, hint: meant });
  if (isPromise(subject)) {
    subject.then(undefined, () => {});
    await tell('returns a promise', 'A subject is made at once: no async.');
  } else if (typeof subject !== 'string') {
    await tell(`returns ${describeValue(subject)} for ${who(sample)}, not a text`, hint);
  } else if (subject.trim() === '') {
    await tell(typeof value === 'string' ? 'is empty' : `is empty for ${who(sample)}`, hint);
  } else if (/[\r\n]/.test(subject)) {
    await tell('holds a line break', 'A subject is one line.');
  }
  return subject;
}

async function checkComponent(
  value: unknown,
  path: Path,
  sample: Sample,
  render: Render | undefined,
  report: Report,
): Promise<unknown> {
  if (value === undefined) {
    report.add(
      path,
      'is undefined',
      'Is it imported by the right name? A default export is imported without braces.',
    );
    return undefined;
  }
  const { createElement, isValidElement } = await import('react');
  if (isValidElement(value)) {
    report.add(
      path,
      'is an element; expected the component itself',
      'Write component: Welcome, not <Welcome />.',
    );
    return undefined;
  }
  const isComponent =
    typeof value === 'function' || (typeof value === 'object' && value !== null && '$$typeof' in value);
  if (!isComponent) {
    const hint =
      isRecord(value) && 'default' in value
        ? 'It looks like a module: import its default export.'
        : undefined;
    report.add(path, `expected a React component, got ${describeValue(value)}`, hint);
    return undefined;
  }
  if (!render) return undefined;
  try {
    return await render(createElement(value as FC<Sample['props']>, sample.props));
  } catch (error) {
    const hint = SegflowError.is(error) && error.hint !== undefined ? error.hint : propsHint(sample, value);
    await report.addThrown(path, `fails to render for ${who(sample)}: ${messageOf(error)}`, {
      thrown: error,
      hint,
    });
    return undefined;
  }
}

function who(sample: Sample): string {
  return sample.own ? 'its PreviewProps' : 'the sample user';
}

function propsHint(sample: Sample, component: unknown): string {
  const name = nameOf(component);
  return sample.own
    ? `Complete ${name ?? 'the component'}.PreviewProps with what it reads.`
    : `Allow for users who lack the attribute, or give the component a sample: ${name ?? 'Component'}.PreviewProps = { user: { … } }.`;
}

/** The component's name in its source, or undefined. */
function nameOf(component: unknown): string | undefined {
  if (typeof component !== 'function' && typeof component !== 'object') return undefined;
  // A component in memo() or forwardRef() is within it.
  const inner = component as { name?: unknown; type?: unknown; render?: unknown } | null;
  if (typeof component === 'object') return nameOf(inner?.type ?? inner?.render);
  const name = inner?.name;
  return typeof name === 'string' && /^[\w$]+$/.test(name) && name !== 'component' ? name : undefined;
}
