import type { PreviewItem } from '../../engine/ports/host.ts';
import { byId, h } from './dom.ts';
import { addressOf, type PageState } from './page-state.ts';
import { isEdited } from './sample-data.ts';

export function drawList(page: PageState): void {
  const list = byId('list');
  const hadFocus = list.contains(document.activeElement);
  const items = visibleItems(page);
  const groups = [
    group('Templates', 'template', items, page),
    group('Transactions', 'transaction', items, page),
  ].filter((part) => part !== undefined);
  list.replaceChildren(...(groups.length > 0 ? groups : [none(page)]));
  if (hadFocus) currentLink()?.focus({ preventScroll: true });
}

/** The items that match the search, in the order shown. */
export function visibleItems(page: PageState): PreviewItem[] {
  const words = page.query.toLowerCase().split(/\s+/).filter(Boolean);
  const order = (item: PreviewItem) => (item.kind === 'template' ? 0 : 1);
  return page.project.items
    .filter((item) => {
      const text = `${item.id} ${subjectOf(page, item) ?? ''} ${item.sample.event?.name ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => order(a) - order(b));
}

/**
 * The item `step` places after the selected one, if any; the first or last item if the search hides
 * the selected one.
 */
export function neighbour(page: PageState, step: number): PreviewItem | undefined {
  const items = visibleItems(page);
  const at = items.findIndex(({ kind, id }) => kind === page.selected?.kind && id === page.selected.id);
  return at === -1 ? items[step < 0 ? items.length - 1 : 0] : items[at + step];
}

export function currentLink(): HTMLAnchorElement | null {
  return byId('list').querySelector<HTMLAnchorElement>('a[aria-current]');
}

// --- internal ---

function group(title: string, kind: PreviewItem['kind'], items: PreviewItem[], page: PageState) {
  const ofKind = items.filter((item) => item.kind === kind);
  if (ofKind.length === 0) return undefined;
  const links = ofKind.map((item) => h('li', {}, link(item, page)));
  const heading = h('h2', { id: `group-${kind}` }, title, h('span', {}, String(ofKind.length)));
  return h('section', { 'aria-labelledby': `group-${kind}` }, heading, h('ul', {}, ...links));
}

function link(item: PreviewItem, page: PageState): HTMLElement {
  const { kind, id } = item;
  const current = kind === page.selected?.kind && id === page.selected.id;
  const subject = subjectOf(page, item);
  const edited = isEdited(page, item);
  const event = kind === 'transaction' ? ` · on ${item.sample.event?.name ?? ''}` : '';
  return h(
    'a',
    {
      href: addressOf({ selected: { kind, id }, view: page.view }),
      class: subject === null ? 'fails' : '',
      'aria-current': current ? 'page' : undefined,
      'data-kind': kind,
      'data-id': id,
    },
    h(
      'span',
      { class: 'id' },
      h('span', {}, ...marked(id, page.query)),
      (edited || subject === null) &&
        h('span', { class: 'mark', title: edited ? 'Sample data edited' : 'Fails' }),
    ),
    h(
      'span',
      { class: 'line' },
      subject === null ? 'Cannot be rendered' : subject ? `${subject}${event}` : '\u00a0',
    ),
  );
}

/** The subject; null if the email cannot be rendered; undefined while unknown. */
function subjectOf(page: PageState, { kind, id }: PreviewItem): string | null | undefined {
  return page.overview.find((entry) => entry.kind === kind && entry.id === id)?.subject;
}

function marked(text: string, query: string): (string | HTMLElement)[] {
  const word = query
    .toLowerCase()
    .split(/\s+/)
    .find((part) => part !== '' && text.toLowerCase().includes(part));
  if (word === undefined) return [text];
  const at = text.toLowerCase().indexOf(word);
  return [text.slice(0, at), h('mark', {}, text.slice(at, at + word.length)), text.slice(at + word.length)];
}

function none(page: PageState): HTMLElement {
  const message = page.query === '' ? 'No emails yet.' : `Nothing matches “${page.query}”.`;
  return h('p', { class: 'none' }, message);
}
