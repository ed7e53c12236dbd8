import { announce, byId, icon } from './dom.ts';
import { type PageState, VIEWS, type View } from './page-state.ts';

export interface ChromeEvents {
  onSearch(query: string): void;
  onView(view: View): void;
  /** The panel of sample data was opened or closed. */
  onData(): void;
  copyText(): string | undefined;
}

/** The page around the email: search, tabs, theme, and the panel and list that open and close. */
export function setUpChrome(events: ChromeEvents) {
  const sidebar = byId('sidebar');
  const search = byId<HTMLInputElement>('search');

  search.addEventListener('input', () => events.onSearch(search.value));
  setUpTabs(events);
  setUpTheme();
  setUpCopy(events);
  byId('toggle-data').addEventListener('click', () => toggleData());
  byId('open-list').addEventListener('click', () => setList(true));
  byId('close-list').addEventListener('click', () => setList(false));
  byId('scrim').addEventListener('click', () => setList(false));

  function setList(open: boolean): void {
    const wasOpen = sidebar.classList.contains('open');
    sidebar.classList.toggle('open', open);
    byId('scrim').hidden = !open;
    byId('main').inert = open;
    byId('open-list').setAttribute('aria-expanded', String(open));
    if (open) byId('close-list').focus();
    else if (wasOpen) byId('open-list').focus();
  }

  function toggleData(): void {
    const panel = byId('data');
    panel.hidden = !panel.hidden;
    byId('toggle-data').setAttribute('aria-expanded', String(!panel.hidden));
    events.onData();
    if (panel.hidden) return;
    const area = panel.querySelector('textarea');
    area?.setSelectionRange(0, 0);
    area?.focus({ preventScroll: true });
  }

  return {
    toggleData,
    closeList: () => setList(false),
    search() {
      if (matchMedia('(max-width: 760px)').matches) setList(true);
      search.focus();
      search.select();
    },
    escape() {
      if (sidebar.classList.contains('open')) return setList(false);
      if (document.activeElement === search && search.value !== '') {
        search.value = '';
        return events.onSearch('');
      }
      if (document.activeElement === search) return search.blur();
      if (byId('data').contains(document.activeElement)) {
        toggleData();
        byId('toggle-data').focus();
      }
    },
    drawView(page: PageState) {
      for (const view of VIEWS) {
        const tab = byId(`tab-${view}`);
        tab.setAttribute('aria-selected', String(view === page.view));
        tab.tabIndex = view === page.view ? 0 : -1;
      }
      byId('copy').hidden = events.copyText() === undefined;
    },
    drawProject({ project }: PageState) {
      byId('project-name').textContent = project.project.name;
      byId('project-config').textContent = project.project.config;
    },
    drawConnection(live: boolean) {
      byId('connection').textContent = live ? 'Live' : 'Disconnected, trying again';
      byId('connection').classList.toggle('off', !live);
    },
  };
}

// --- internal ---

function setUpTabs(events: ChromeEvents): void {
  const tabs = byId('tabs');
  tabs.addEventListener('click', (event) => {
    const view = viewOf((event.target as HTMLElement).closest('[role=tab]'));
    if (view !== undefined) events.onView(view);
  });
  tabs.addEventListener('keydown', (event) => {
    const at = VIEWS.findIndex((view) => byId(`tab-${view}`) === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    const view = to === undefined ? undefined : VIEWS.at(to % VIEWS.length);
    if (view === undefined) return;
    event.preventDefault();
    events.onView(view);
    byId(`tab-${view}`).focus();
  });
}

function viewOf(tab: Element | null): View | undefined {
  return VIEWS.find((view) => view === (tab as HTMLElement | null)?.dataset.view);
}

const THEMES = ['system', 'light', 'dark'] as const;

function setUpTheme(): void {
  const button = byId('theme');
  const root = document.documentElement;
  let theme: (typeof THEMES)[number] = THEMES.find((name) => name === root.dataset.theme) ?? 'system';
  const draw = () => {
    button.setAttribute('aria-label', `Theme: ${theme}`);
    button.title = `Theme: ${theme}`;
  };
  draw();
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem('segflow-preview:theme', theme);
    } catch {
      // Storage is off: the theme is lost when the page closes.
    }
    draw();
    announce(`Theme: ${theme}`);
  });
}

function setUpCopy(events: ChromeEvents): void {
  const button = byId('copy');
  const label = button.querySelector('span');
  button.addEventListener('click', () => {
    const text = events.copyText();
    if (text === undefined) return;
    void copy(text).then((done) => {
      if (label !== null) label.textContent = done ? 'Copied' : 'Not copied';
      button.firstElementChild?.replaceWith(icon(done ? 'check' : 'close'));
      announce(done ? 'Copied' : 'Could not copy');
      setTimeout(() => {
        if (label !== null) label.textContent = 'Copy';
        button.firstElementChild?.replaceWith(icon('copy'));
      }, 1600);
    });
  });
}

// navigator.clipboard exists only on https and loopback addresses, not in a preview bound to a
// network address.
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
