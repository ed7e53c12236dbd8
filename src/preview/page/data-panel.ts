import type { PreviewItem } from '../../engine/ports/host.ts';
import { byId, h } from './dom.ts';
import { type PageState, selectedItem } from './page-state.ts';
import { editedText, isEdited, keepText, originalText, type Part, parseText } from './sample-data.ts';

/**
 * Draws the editor for the selected email; `onEdit` is called when the email's data has changed.
 */
export function drawData(page: PageState, onEdit: () => void): void {
  const panel = byId('data');
  const item = selectedItem(page);
  markEdited(page, item);
  if (panel.hidden) return;
  const drawn = JSON.stringify([item?.kind, item?.id, item && originalText(item)]);
  // While the user types, a reload of the same sample must not move the caret.
  if (panel.dataset.drawn === drawn && panel.contains(document.activeElement)) return;
  panel.dataset.drawn = drawn;
  if (item === undefined)
    panel.replaceChildren(h('p', { class: 'origin' }, 'Select an email to edit its sample data.'));
  else panel.replaceChildren(...editor(page, item, onEdit));
}

// --- internal ---

function editor(page: PageState, item: PreviewItem, onEdit: () => void): HTMLElement[] {
  const original = originalText(item);
  const text = editedText(page, item) ?? { ...original };
  const origin = h('p', { class: 'origin', id: 'data-origin' });
  const reset = h('button', { class: 'button', type: 'button', id: 'reset-data' }, 'Reset');
  const fields = (Object.keys(original) as Part[]).map((part) => field(part, text[part] ?? ''));

  function showState(): void {
    const edited = isEdited(page, item);
    reset.disabled = !edited;
    reset.hidden = !edited;
    origin.textContent = edited
      ? 'Your own, kept in this browser. The email is rendered as it would be sent to this user.'
      : item.previewProps
        ? 'From the component’s PreviewProps. Edit to see the email with other data.'
        : 'A made-up user. Give the component PreviewProps, or edit here.';
    const parsed = parseText(item, text);
    for (const { part, area, complaint } of fields) {
      const message = !parsed.ok && parsed.part === part ? parsed.complaint : '';
      area.setAttribute('aria-invalid', String(message !== ''));
      complaint.textContent = message;
    }
    markEdited(page, item);
    if (parsed.ok) onEdit();
  }

  for (const { part, area } of fields) {
    area.addEventListener('input', () => {
      text[part] = area.value;
      keepText(page, item, text);
      showState();
    });
  }
  reset.addEventListener('click', () => {
    keepText(page, item, undefined);
    Object.assign(text, original);
    for (const { part, area } of fields) area.value = text[part] ?? '';
    showState();
    fields[0]?.area.focus();
  });
  const silent = onEdit;
  onEdit = () => {};
  showState();
  onEdit = silent;
  return [h('header', {}, h('h2', {}, 'Sample data'), reset), origin, ...fields.map(({ box }) => box)];
}

function field(part: Part, value: string) {
  const area = h('textarea', {
    id: `data-${part}`,
    spellcheck: 'false',
    autocapitalize: 'off',
    'aria-describedby': `data-${part}-complaint`,
  });
  area.value = value;
  const complaint = h('p', { class: 'complaint', id: `data-${part}-complaint`, role: 'status' });
  const label = h('label', { for: `data-${part}` }, part === 'user' ? 'User' : 'Event');
  return { part, area, complaint, box: h('div', {}, label, area, complaint) };
}

function markEdited(page: PageState, item: PreviewItem | undefined): void {
  byId('edited').hidden = item === undefined || !isEdited(page, item);
}
