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
 * The messages between the server and a host child. A child handles one request at a time, each
 * with one answer. Both ends are the same executable, so the protocol may change at any time.
 * Messages are serialised as structured clones, which measured slightly faster than JSON and
 * preserve undefined.
 */

/** Kinds of requests: the type of their items, and the type of the result for each item. */
export interface Work {
  inspect: { item: { at: number }; result: Inspection };
  /** `unchecked`: the config is not checked for problems. */
  catalog: { item: { at: number; unchecked?: boolean }; result: PreviewCatalog };
  segments: { item: { id: string; at: number }; result: SegmentSql };
  advance: { item: ActivationRequest; result: ActivationOutput };
  /** `subjectOnly` renders only the subject, and leaves html and text ''. */
  render: { item: RenderRequest & { subjectOnly?: boolean }; result: RenderResult };
  /**
   * Finds where an item hangs: the frames of a stack trace, '' when unknown. The item is run once
   * more, for at most `ms`; with 0, the frame only shows where its code begins. The child must not
   * be used afterwards.
   */
  'find-flow': { item: { request: ActivationRequest; ms: number }; result: string };
  'find-email': { item: { request: RenderRequest; ms: number }; result: string };
}
export type WorkKind = keyof Work;

export interface BundleRef {
  /** Identifies the code and its environment. */
  key: string;
  /** Left out when the child presumably has the code. */
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
  /** The child does not have the code (any more): send the code with the request. */
  | { missing: true }
  /** This child cannot run the bundle without React Email: use a child that has it. */
  | { needsEmail: true }
  /** The bundle as a whole fails, not one item. */
  | { error: WireError }
);

/** The parts of an error thrown by user code that are kept. */
export interface ThrownError {
  message: string;
  /** Stack frames in the author's files, `file:line:column`; '' when there are none. */
  stack: string;
}

export interface WireError {
  code: ErrorCode;
  message: string;
  hint?: string;
  details?: unknown;
}

/**
 * The child's first argument after the entry, and the next one, which says whether the child can
 * load React Email.
 */
export const HOST_ARGUMENT = '__host';
export const WITH_EMAIL = 'email';
