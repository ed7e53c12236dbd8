import { VIEWS, type View } from './page-state.ts';

export interface KeyActions {
  /** Selects the email this many places further down the list. */
  move(step: number, focusList: boolean): void;
  view(view: View): void;
  search(): void;
  toggleData(): void;
  /** Closes whatever is open over the page. */
  escape(): void;
}

/** Handles the keys pressed in `target`: the page's own document or an email's. */
export function listenForKeys(target: Document, actions: KeyActions): void {
  target.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (act(event, actions)) event.preventDefault();
  });
}

// --- internal ---

function act(event: KeyboardEvent, actions: KeyActions): boolean {
  const at = event.target as HTMLElement | null;
  const inSearch = at?.id === 'search';
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (event.key === 'Escape') actions.escape();
  if (inSearch && (step !== 0 || event.key === 'Enter')) {
    actions.move(step, event.key === 'Enter');
    return true;
  }
  if (at?.closest?.('input, textarea, select')) return false;
  // In scrollable places, the arrow keys keep scrolling.
  const scrolls = at?.closest?.('.stage, .problems, .data') != null || at?.ownerDocument !== document;
  if (step !== 0 && !scrolls) {
    actions.move(step, at?.closest?.('#list') != null);
    return true;
  }
  const view = VIEWS[Number(event.key) - 1];
  if (view !== undefined) actions.view(view);
  else if (event.key === 'j') actions.move(1, false);
  else if (event.key === 'k') actions.move(-1, false);
  else if (event.key === '/') actions.search();
  else if (event.key === 'd') actions.toggleData();
  else return false;
  return true;
}
