import type { PreviewItem } from '../engine/ports/host.ts';
import type { Problem } from '../engine/ports/manifest.ts';

/*
 * The protocol between the page and the server of a preview. Types only, because the page's modules
 * import them too.
 *
 *   GET  /api/state      → PreviewState
 *   POST /api/render     RenderQuestion → RenderAnswer
 *   POST /api/readable    { html } → { source }: the HTML, indented for reading
 *   GET  /api/overview   → OverviewItem[]
 *   GET  /api/changes    server-sent events: the state's version, now and whenever it grows
 */

export interface PreviewState {
  /** Grows with every change that may look different; 0 during the first load of the project. */
  version: number;
  project: {
    /** Name of the project's folder. */
    name: string;
    /** The config's path relative to the project's folder. */
    config: string;
    /** Identifies the project; the page stores its data under this key. */
    key: string;
  };
  /** From the last code that could be loaded, if the current code cannot. */
  items: PreviewItem[];
  from: string | null;
  replyTo: string | null;
  problems: Problem[];
  /** The current code does not compile or load; `problems` has the reasons. */
  broken: boolean;
}

/** Sample data that replaces the template's own. */
export interface SampleData {
  attributes: PreviewItem['sample']['attributes'];
  event: PreviewItem['sample']['event'];
}

export interface RenderQuestion {
  kind: PreviewItem['kind'];
  id: string;
  data?: SampleData | undefined;
}

export type RenderAnswer =
  | {
      ok: true;
      subject: string;
      html: string;
      text: string;
      /** Size of the HTML in bytes of UTF-8. */
      bytes: number;
    }
  | { ok: false; error: RenderFailure };

export interface RenderFailure {
  message: string;
  /** Lines of the stack; those of the project are relative to its folder. */
  stack: string;
  hint?: string;
}

/** What the list shows next to an id. */
export interface OverviewItem {
  kind: PreviewItem['kind'];
  id: string;
  /** Null when it cannot be rendered. */
  subject: string | null;
}
