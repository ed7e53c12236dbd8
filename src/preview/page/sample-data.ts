import type { PreviewItem } from '../../engine/ports/host.ts';
import type { SampleData } from '../api.ts';
import type { PageState } from './page-state.ts';

/*
 * Sample data that the user wrote. The browser keeps it as text, by project and email, so that
 * half-written JSON survives a reload too.
 */

export interface EditedText {
  user: string;
  event?: string;
}

export type Part = keyof EditedText;

/** The item's own sample, as JSON to edit. */
export function originalText({ kind, sample }: PreviewItem): EditedText {
  const user = JSON.stringify(sample.attributes, null, 2);
  if (kind === 'template' || sample.event === null) return { user };
  const { name, attributes, createdAt } = sample.event;
  const event = { name, attributes, createdAt: new Date(createdAt).toISOString() };
  return { user, event: JSON.stringify(event, null, 2) };
}

export function editedText(page: PageState, item: PreviewItem): EditedText | undefined {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(page, item)) ?? 'null');
    if (typeof stored !== 'object' || stored === null) return undefined;
    const { user, event } = stored as Partial<EditedText>;
    const original = originalText(item);
    if (typeof user !== 'string') return undefined;
    return original.event === undefined ? { user } : { user, event: event ?? original.event };
  } catch {
    return undefined;
  }
}

/** Saves the text, or removes it when it equals the sample. */
export function keepText(page: PageState, item: PreviewItem, text: EditedText | undefined): void {
  const original = originalText(item);
  try {
    if (text === undefined || (text.user === original.user && text.event === original.event)) {
      localStorage.removeItem(keyOf(page, item));
    } else {
      localStorage.setItem(keyOf(page, item), JSON.stringify(text));
    }
  } catch {
    // Storage is off or full: the edit is lost when the page needs it again.
  }
}

export function isEdited(page: PageState, item: PreviewItem): boolean {
  return editedText(page, item) !== undefined;
}

/**
 * The data to render with; undefined for the item's own sample. Text that does not parse counts as
 * no edit.
 */
export function dataFor(page: PageState, item: PreviewItem): SampleData | undefined {
  const text = editedText(page, item);
  if (text === undefined) return undefined;
  const parsed = parseText(item, text);
  return parsed.ok ? parsed.data : undefined;
}

export type ParsedSample = { ok: true; data: SampleData } | { ok: false; part: Part; complaint: string };

export function parseText(item: PreviewItem, text: EditedText): ParsedSample {
  const user = parseObject(text.user);
  if (typeof user === 'string') return { ok: false, part: 'user', complaint: user };
  if (text.event === undefined) return { ok: true, data: { attributes: user, event: item.sample.event } };
  const event = parseObject(text.event);
  if (typeof event === 'string') return { ok: false, part: 'event', complaint: event };
  const {
    name = item.sample.event?.name ?? '',
    attributes = {},
    createdAt = item.sample.event?.createdAt,
  } = event;
  const at = typeof createdAt === 'number' ? createdAt : Date.parse(String(createdAt));
  const complain = (complaint: string): ParsedSample => ({ ok: false, part: 'event', complaint });
  if (typeof name !== 'string') return complain('"name" must be a text');
  if (!isObject(attributes)) return complain('"attributes" must be an object');
  if (Number.isNaN(at)) return complain('"createdAt" must be a time such as 2026-01-31T12:00:00Z');
  return { ok: true, data: { attributes: user, event: { name, attributes, createdAt: at } } };
}

// --- internal ---

type Attributes = SampleData['attributes'];

function keyOf(page: PageState, { kind, id }: PreviewItem): string {
  return `segflow-preview:${page.project.project.key}:${kind}/${id}`;
}

function parseObject(text: string): Attributes | string {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : 'Expected an object: {"email": "ada@example.com"}';
  } catch (error) {
    return (error as Error).message;
  }
}

function isObject(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
