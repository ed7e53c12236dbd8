import type { OverviewItem, PreviewState, RenderAnswer, RenderQuestion } from '../api.ts';
import { setUpChrome } from './chrome.ts';
import { drawData } from './data-panel.ts';
import { announce, byId } from './dom.ts';
import { drawEnvelope } from './envelope.ts';
import { type KeyActions, listenForKeys } from './keys.ts';
import { currentLink, drawList, neighbour, visibleItems } from './list.ts';
import { addressOf, type PageState, readAddress, selectedItem, type View } from './page-state.ts';
import { dataFor } from './sample-data.ts';
import { copyText, drawStage } from './stage.ts';
import { drawProblems } from './trouble.ts';

/*
 * The page: one state object, changed here and drawn by the other modules of this folder. The
 * address holds the selection and the view; the server's events trigger new requests.
 */

const page: PageState = {
  project: await get<PreviewState>('/api/state'),
  ...readAddress(),
  answer: undefined,
  source: undefined,
  overview: [],
  query: '',
};

let editTimer: ReturnType<typeof setTimeout> | undefined;
/** Number of the latest requested render; answers to earlier requests are dropped. */
let asked = 0;

const keys: KeyActions = {
  move(step, focusList) {
    const item = neighbour(page, step);
    if (item !== undefined) go({ selected: { kind: item.kind, id: item.id } });
    if (focusList) currentLink()?.focus();
    currentLink()?.scrollIntoView({ block: 'nearest' });
  },
  view: (view) => go({ view }),
  search: () => chrome.search(),
  toggleData: () => chrome.toggleData(),
  escape: () => chrome.escape(),
};

const chrome = setUpChrome({
  onSearch(query) {
    page.query = query;
    drawList(page);
  },
  onView: (view) => go({ view }),
  onData: () => drawData(page, onEdit),
  copyText: () => copyText(page),
});

listenForKeys(document, keys);
byId('list').addEventListener('click', (event) => {
  const link = (event.target as HTMLElement).closest<HTMLAnchorElement>('a[data-id]');
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const kind = link.dataset.kind === 'transaction' ? 'transaction' : 'template';
  go({ selected: { kind, id: link.dataset.id ?? '' } });
  chrome.closeList();
});
window.addEventListener('popstate', () => show(readAddress()));

selectFirst();
drawAll();
void renderSelected();
void loadOverview();
listenForChanges();

// --- internal ---

function go(change: Partial<Pick<PageState, 'selected'>> & { view?: View }): void {
  const next = { selected: page.selected, view: page.view, ...change };
  if (addressOf(next) !== addressOf(page)) history.pushState(null, '', addressOf(next));
  show(next);
}

function show({ selected, view }: Pick<PageState, 'selected' | 'view'>): void {
  const other = JSON.stringify(selected) !== JSON.stringify(page.selected);
  Object.assign(page, { selected, view });
  if (other) page.answer = undefined;
  if (selected === undefined) selectFirst();
  if (!other) {
    drawAll();
    return;
  }
  // The current email stays until the next one is ready, so that the page does not flash empty.
  drawList(page);
  chrome.drawView(page);
  void renderSelected();
  drawData(page, onEdit);
}

// The address stays unchanged: "/" keeps meaning "the first email".
function selectFirst(): void {
  const [first] = visibleItems(page);
  if (page.selected === undefined && first !== undefined) page.selected = { kind: first.kind, id: first.id };
}

function drawAll(): void {
  drawList(page);
  drawProblems(page.project);
  drawEmail();
  drawData(page, onEdit);
}

function drawEmail(): void {
  chrome.drawView(page);
  drawEnvelope(page);
  if (page.view === 'source' && page.answer?.ok && page.source?.html !== page.answer.html) {
    void loadSource(page.answer.html);
    return;
  }
  drawStage(page, {
    onFrame: (frame) => frame.contentDocument && listenForKeys(frame.contentDocument, keys),
  });
}

function onEdit(): void {
  drawList(page);
  clearTimeout(editTimer);
  editTimer = setTimeout(() => void renderSelected(), 120);
}

async function renderSelected(): Promise<void> {
  const question = ++asked;
  const item = selectedItem(page);
  // While the code is broken, the last good email stays unchanged.
  if (item === undefined || (page.project.broken && page.answer?.ok)) return drawEmail();
  const { kind, id } = item;
  // A slow email (an endless loop, until the host stops it) must not look like the previous one.
  const slow = setTimeout(() => byId('stage').classList.add('waiting'), 300);
  const answer = await render({ kind, id, data: dataFor(page, item) });
  clearTimeout(slow);
  if (question !== asked) return;
  byId('stage').classList.remove('waiting');
  page.answer = answer;
  drawEmail();
  if (!answer.ok) announce('This email cannot be rendered');
}

async function render(question: RenderQuestion): Promise<RenderAnswer> {
  try {
    return await post<RenderAnswer>('/api/render', question);
  } catch (error) {
    const { message } = error as Error;
    return { ok: false, error: { message, stack: '' } };
  }
}

// The current content stays until the source is ready.
async function loadSource(html: string): Promise<void> {
  const { source } = await post<{ source: string }>('/api/readable', { html }).catch(() => ({
    source: html,
  }));
  if (!page.answer?.ok || page.answer.html !== html) return;
  page.source = { html, text: source };
  drawEmail();
}

async function loadOverview(): Promise<void> {
  const { version } = page.project;
  const overview = await get<OverviewItem[]>('/api/overview');
  if (version !== page.project.version) return;
  page.overview = overview;
  drawList(page);
}

async function refresh(): Promise<void> {
  page.project = await get<PreviewState>('/api/state');
  selectFirst();
  chrome.drawProject(page);
  drawList(page);
  drawProblems(page.project);
  await renderSelected();
  drawData(page, onEdit);
  announce(page.project.broken ? `${page.project.project.config} cannot be loaded` : 'Reloaded');
  await loadOverview();
}

function listenForChanges(): void {
  chrome.drawProject(page);
  let lost = false;
  const source = new EventSource('/api/changes');
  source.addEventListener('message', ({ data }) => {
    // After a lost connection this may be another server, whose versions are unrelated to ours.
    if (lost || Number(data) !== page.project.version) void refresh();
    lost = false;
    chrome.drawConnection(true);
  });
  source.addEventListener('error', () => {
    lost = true;
    chrome.drawConnection(false);
  });
}

async function post<T>(path: string, question: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(question) });
  const body = (await response.json()) as T & { error?: { message: string } };
  if (!response.ok) throw new Error(body.error?.message ?? response.statusText);
  return body;
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as T;
}
