import type { RenderAnswer } from '../api.ts';
import { byId, h } from './dom.ts';
import { type PageState, selectedItem } from './page-state.ts';
import { dataFor } from './sample-data.ts';

/**
 * Draws what a recipient sees before opening the email: subject, first line, addresses; and the
 * email's size.
 */
export function drawEnvelope(page: PageState): void {
  const item = selectedItem(page);
  const { answer } = page;
  const subject = answer?.ok ? answer.subject : (page.selected?.id ?? '');
  byId('subject').textContent = subject;
  document.title = subject === '' ? 'Segflow preview' : `${subject} · ${page.project.project.name}`;
  const preheader = answer?.ok ? preheaderOf(answer.html) : '';
  byId('preheader').textContent = preheader;
  byId('preheader').hidden = preheader === '';

  const attributes = item === undefined ? undefined : (dataFor(page, item) ?? item.sample).attributes;
  const rows = [
    address('From', page.project.from ?? 'no fromAddress yet', page.project.from === null),
    page.project.replyTo === null ? undefined : address('Reply to', page.project.replyTo),
    attributes === undefined
      ? undefined
      : address('To', String(attributes.email ?? 'no email'), !attributes.email),
    item?.kind === 'transaction' ? address('On event', item.sample.event?.name ?? '') : undefined,
  ].filter((row) => row !== undefined);
  byId('addresses').replaceChildren(...(item === undefined ? [] : rows));
  drawSize(answer);
}

// --- internal ---

// Gmail cuts a message whose HTML is longer than 102 kB, and links to the rest.
const CLIP_KB = 102;
const NEAR_KB = 82;

function drawSize(answer: RenderAnswer | undefined): void {
  const box = byId('size');
  box.hidden = !answer?.ok;
  if (!answer?.ok) return;
  const kb = answer.bytes / 1024;
  const note =
    kb > CLIP_KB
      ? 'Gmail will clip this email'
      : kb > NEAR_KB
        ? `near Gmail’s limit of ${CLIP_KB} kB`
        : `Gmail clips at ${CLIP_KB} kB`;
  box.className = `size${kb > CLIP_KB ? ' clipped' : kb > NEAR_KB ? ' near' : ''}`;
  const meter = h('meter', {
    min: 0,
    max: CLIP_KB,
    low: NEAR_KB,
    high: CLIP_KB - 0.001,
    optimum: 0,
    value: kb.toFixed(2),
    'aria-label': `Size, of the ${CLIP_KB} kB that Gmail shows`,
  });
  box.replaceChildren(h('strong', {}, `${kb.toFixed(1)} kB`), meter, h('span', {}, note));
}

function address(label: string, value: string, missing = false): HTMLElement {
  return h('div', {}, h('dt', {}, label), h('dd', { class: missing ? 'missing' : '' }, value));
}

// React Email's Preview is a hidden element at the beginning of the text; invisible padding follows
// it.
function preheaderOf(html: string): string {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const hidden = parsed.body.querySelector<HTMLElement>(
    '[data-skip-in-text="true"], [style*="display:none"]',
  );
  return (hidden?.firstChild?.textContent ?? '')
    .replace(/(?:[\s\u200b-\u200f\ufeff\u00ad\u2007]|\u034f)+/g, ' ')
    .trim();
}
