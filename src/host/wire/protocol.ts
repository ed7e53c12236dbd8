import type { ErrorCode } from '../../core/errors.ts';
import type {
  ActivationRequest,
  PreviewCatalog,
  RenderRequest,
  RenderResult,
} from '../../engine/ports/host.ts';
import type { Inspection } from '../../engine/ports/manifest.ts';
import type { SegmentSql } from '../../engine/ports/segments.ts';
import type { ActivationOutput } from '../../flow/activation/activation.ts';

/*
 * What the server and a host child say to each other. One request at a time a child, each with one answer. Both ends
 * are the same executable, so this may change at will. Serialised as structured clones, which measured a little faster than JSON
 * and keep undefined.
 */

/** Kinds of requests: items that go in, and what comes out for each. */
export interface Work {
  inspect: { item: { at: number }; result: Inspection };
  /** `unchecked`: what is wrong with the config is not looked for. */
  catalog: { item: { at: number; unchecked?: boolean }; result: PreviewCatalog };
  segments: { item: { id: string; at: number }; result: SegmentSql };
  advance: { item: ActivationRequest; result: ActivationOutput };
  /** `subjectOnly` makes the subject, and leaves html and text ''. */
  render: { item: RenderRequest & { subjectOnly?: boolean }; result: RenderResult };
  /**
   * Where an item is that did not come to an end: the frames of a stack trace, '' when nothing is known. It is run once more, for `ms` at
   * most; with 0 the frame only says where its code begins. The child is of no use after that.
   */
  'find-flow': { item: { request: ActivationRequest; ms: number }; result: string };
  'find-email': { item: { request: RenderRequest; ms: number }; result: string };
}
export type WorkKind = keyof Work;

export interface BundleRef {
  /** Of the code and its environment. */
  key: string;
  /** Left out when the child is believed to have it. */
  code?: string;
  environment: Record<string, string>;
}

export interface WireRequest<K extends WorkKind = WorkKind> {
  /** Ordinal of the request in this child, from 1. */
  sequence: number;
  kind: K;
  bundle: BundleRef;
  items: Work[K]['item'][];
}

export type WireAnswer<K extends WorkKind = WorkKind> = { sequence: number } & (
  | { ok: Work[K]['result'][] }
  /** The child does not have the code (any more): send it along. */
  | { missing: true }
  /** This child cannot run the bundle because it lacks React Email: ask one that has it. */
  | { needsEmail: true }
  /** The bundle as a whole fails, not one item. */
  | { error: WireError }
);

/** What is kept of something user code threw. */
export interface ThrownError {
  message: string;
  /** Its frames in the author's files, `file:line:column`; '' when it has none. */
  stack: string;
}

export interface WireError {
  code: ErrorCode;
  message: string;
  hint?: string;
  details?: unknown;
}

/** The child's first argument after the entry, and the one after that: whether it can load React Email. */
export const HOST_ARGUMENT = '__host';
export const WITH_EMAIL = 'email';
