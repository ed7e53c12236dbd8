import type { PreviewItem } from '../../engine/ports/host.ts';
import type { OverviewItem, PreviewState, RenderAnswer } from '../api.ts';

export const VIEWS = ['desktop', 'phone', 'text', 'source'] as const;
export type View = (typeof VIEWS)[number];

/** What the page shows now. One object; main.ts changes it and then redraws the affected parts. */
export interface PageState {
  project: PreviewState;
  selected: { kind: PreviewItem['kind']; id: string } | undefined;
  view: View;
  /** The render result of the selected email; undefined until it was rendered. */
  answer: RenderAnswer | undefined;
  /**
   * The HTML of `answer`, indented. Made when the source is first viewed, because indenting takes
   * longer than rendering.
   */
  source: { html: string; text: string } | undefined;
  overview: OverviewItem[];
  query: string;
}

export function selectedItem(page: PageState): PreviewItem | undefined {
  const { selected } = page;
  return page.project.items.find(({ kind, id }) => kind === selected?.kind && id === selected.id);
}

/** The selection and view in an address. */
export function readAddress(): Pick<PageState, 'selected' | 'view'> {
  const match = /^\/(template|transaction)\/([^/]+)$/.exec(location.pathname);
  const view = new URLSearchParams(location.search).get('view');
  const kind = match?.[1] === 'transaction' ? 'transaction' : 'template';
  return {
    selected: match?.[2] === undefined ? undefined : { kind, id: decodeURIComponent(match[2]) },
    view: VIEWS.find((name) => name === view) ?? 'desktop',
  };
}

export function addressOf({ selected, view }: Pick<PageState, 'selected' | 'view'>): string {
  const path = selected === undefined ? '/' : `/${selected.kind}/${encodeURIComponent(selected.id)}`;
  return view === 'desktop' ? path : `${path}?view=${view}`;
}
