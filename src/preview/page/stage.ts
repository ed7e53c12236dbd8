import { byId, h, icon } from './dom.ts';
import { showHtml } from './frame.ts';
import { type PageState, selectedItem, type View } from './page-state.ts';
import { sourceLines } from './source.ts';
import { brokenCard, failureCard } from './trouble.ts';

export interface StageEvents {
  /** A frame shows a new document. */
  onFrame: (frame: HTMLIFrameElement) => void;
}

/**
 * Draws the email in the chosen view, or the reason why it cannot be shown. Keeps the scroll
 * position for the same email.
 */
export function drawStage(page: PageState, events: StageEvents): void {
  const stage = byId('stage');
  stage.setAttribute('aria-labelledby', `tab-${page.view}`);
  const key = JSON.stringify([page.selected, page.view]);
  const from = stage.dataset.key;
  if (from !== undefined && from !== key) scrolls.set(from, stage.scrollTop);
  stage.dataset.key = key;
  const scroll = from === key ? stage.scrollTop : (scrolls.get(key) ?? 0);

  const trouble = troubleOf(page);
  const email = emailOf(
    page,
    stage,
    key,
    () => {
      stage.scrollTop = scroll;
    },
    events,
  );
  // A frame that moves in the document loads again, so remaining frames are left in place.
  const wanted = [trouble, email].filter((part) => part !== undefined);
  for (const child of [...stage.children]) if (!wanted.includes(child as HTMLElement)) child.remove();
  if (trouble !== undefined) stage.prepend(trouble);
  if (email !== undefined && email.parentElement !== stage) stage.append(email);
  email?.classList.toggle('stale', page.project.broken);
  if (email === undefined || page.view === 'text' || page.view === 'source') stage.scrollTop = scroll;
}

/** The text for the copy button. */
export function copyText(page: PageState): string | undefined {
  if (!page.answer?.ok) return undefined;
  return page.view === 'text' ? page.answer.text : page.view === 'source' ? page.source?.text : undefined;
}

// --- internal ---

const scrolls = new Map<string, number>();

function troubleOf(page: PageState): HTMLElement | undefined {
  const { project, selected, answer } = page;
  if (project.broken) return brokenCard(project);
  if (project.version === 0) return note('mail', 'Loading', `${project.project.config} is being loaded.`);
  if (project.items.length === 0) {
    return note(
      'mail',
      'No emails yet',
      `Add a template to ${project.project.config}; it appears here as soon as you save.`,
    );
  }
  if (selected !== undefined && selectedItem(page) === undefined) {
    return note(
      'mail',
      `No ${selected.kind} “${selected.id}”`,
      'The config has no such email, or no longer has it. Choose another from the list.',
    );
  }
  return answer?.ok === false ? failureCard(answer.error) : undefined;
}

function emailOf(
  page: PageState,
  stage: HTMLElement,
  key: string,
  onScroll: () => void,
  events: StageEvents,
) {
  const { answer, view } = page;
  if (!answer?.ok || (selectedItem(page) === undefined && !page.project.broken)) return undefined;
  if (view === 'text') return h('pre', { class: 'paper plain' }, answer.text);
  if (view === 'source') return h('pre', { class: 'paper source' }, ...sourceLines(page.source?.text ?? ''));
  const current = stage.querySelector<HTMLElement>('.device');
  const device = current?.dataset.key === key ? current : makeDevice(view, key);
  const screen = device.querySelector<HTMLElement>('.screen');
  if (screen === null || shown.get(screen) === answer.html) return device;
  shown.set(screen, answer.html);
  showHtml(screen, answer.html, (frame) => {
    onScroll();
    events.onFrame(frame);
  });
  return device;
}

const shown = new WeakMap<HTMLElement, string>();

function makeDevice(view: View, key: string): HTMLElement {
  const isPhone = view === 'phone';
  const screen = h('div', { class: isPhone ? 'screen phone-screen' : 'screen' });
  const body = h('div', { class: isPhone ? 'sheet phone' : 'sheet' }, screen);
  const width = h('p', { class: 'width-note' });
  new ResizeObserver(() => {
    width.textContent = `${screen.clientWidth} px wide`;
  }).observe(screen);
  return h('div', { class: 'device', 'data-key': key }, body, width);
}

function note(name: string, title: string, text: string): HTMLElement {
  return h('div', { class: 'empty' }, icon(name), h('h2', {}, title), h('p', {}, text));
}
