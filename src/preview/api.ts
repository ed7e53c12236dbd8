import type { PreviewItem } from '../engine/ports/host.ts';
import type { Problem } from '../engine/ports/manifest.ts';

/*
 * What the page and the server of a preview say to each other. Types only: the page's modules import them too.
 *
 *   GET  /api/state      → PreviewState
 *   POST /api/render     RenderQuestion → RenderAnswer
 *   POST /api/readable    { html } → { source }: the HTML, indented for reading
 *   GET  /api/overview   → OverviewItem[]
 *   GET  /api/changes    server-sent events: the state's version, now and whenever it grows
 */

export interface PreviewState {
  /** Grows with every change that may look different; 0 while the project is loaded for the first time. */
  version: number;
  project: {
    /** Name of the project's folder. */
    name: string;
    /** The config's file, relative to that folder. */
    config: string;
    /** Tells projects apart: what the page remembers is kept under it. */
    key: string;
  };
  /** Of the last code that could be loaded, when the present one cannot. */
  items: PreviewItem[];
  from: string | null;
  replyTo: string | null;
  problems: Problem[];
  /** The present code does not compile or load, for the reasons in `problems`. */
  broken: boolean;
}

/** Sample data in place of a template's own. */
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

/** What the list shows beside an id. */
export interface OverviewItem {
  kind: PreviewItem['kind'];
  id: string;
  /** Null when it cannot be rendered. */
  subject: string | null;
}
