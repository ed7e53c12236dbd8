import { messageOf, SegflowError } from '../../core/errors.ts';
import type { PreviewCatalog, RenderResult } from '../../engine/ports/host.ts';
import type { SegmentSql } from '../../engine/ports/segments.ts';
import type { ActivationOutput, Outside } from '../../flow/activation/activation.ts';
import { activate } from '../../flow/activation/replay.ts';
import { journalBase, journalPosition } from '../../flow/journal/journal.ts';
import type { Work, WorkKind } from '../wire/protocol.ts';
import { describeThrown, frameOf, type LoadedBundle, locateIn, mapStack } from './stack.ts';

/**
 * Processes one item of a request. A failure of the item is part of its result when the result type
 * allows failures.
 */
export type ItemWork<K extends WorkKind> = (
  bundle: LoadedBundle,
  item: Work[K]['item'],
  hooks?: WorkerHooks,
) => Promise<Work[K]['result']>;

export interface WorkerHooks {
  /**
   * Called when the item must wait for something, so that other items can run meanwhile. Resolves
   * to the awaited value.
   */
  parked<T>(promise: Promise<T>): Promise<T>;
  /** See Outside. */
  sideEffect?: NonNullable<Outside['sideEffect']>;
  /**
   * Calls a part of the author's code that may never return. If given, components are tried in one
   * such call before they are rendered.
   */
  limit?: NonNullable<Outside['limit']>;
}

export const WORKERS: { [K in WorkKind]: ItemWork<K> } = {
  inspect,
  catalog,
  segments,
  advance,
  render,
  'find-flow': findFlow,
  'find-email': findEmail,
};

/**
 * Loads the modules that a kind of work needs, so that loading does not count as the author's time.
 */
export async function prepare(kind: WorkKind): Promise<void> {
  if (kind === 'segments') await import('../../config/queries/segment-query.ts');
  if (kind === 'inspect' || kind === 'catalog') await import('../../config/inspect/inspect.ts');
  if (kind === 'inspect' || kind === 'catalog' || kind === 'render' || kind === 'find-email') {
    await Promise.all([import('../../email/render.ts'), import('react'), import('../../config/sample.ts')]);
  }
  if (kind === 'find-flow') await OUTSIDE.queries();
  if (kind === 'find-email') await import('react-dom/server');
}

// --- internal ---

/** Journals are replayed at every step; from this length on, a replay takes noticeable time. */
const LONG_JOURNAL = 10_000;

const OUTSIDE: Outside = {
  queries: async () => (await import('../../config/queries/flow-query.ts')).flowQueries,
};

function suggestNewBeginning(item: Work['advance']['item'], result: ActivationOutput): void {
  if (result.outcome !== 'advanced' || result.position < LONG_JOURNAL || result.fresh) return;
  const base = journalBase(item.journal);
  const isNow = result.position - base >= LONG_JOURNAL && journalPosition(item.journal) - base < LONG_JOURNAL;
  if (!isNow) return;
  console.warn(
    `campaign ${item.campaignId}, run ${item.runId}: its history has ${LONG_JOURNAL.toLocaleString('en')} steps; ` +
      'start the flow over now and then with rt.continueAsNew()',
  );
}

async function inspect(
  bundle: LoadedBundle,
  { at }: Work['inspect']['item'],
): Promise<Work['inspect']['result']> {
  const { inspectConfig } = await import('../../config/inspect/inspect.ts');
  const { inspection, problems } = await inspectConfig(bundle.config, at, {
    locate: locateIn(bundle),
    source: bundle.code,
  });
  if (problems.length > 0 || !inspection) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    throw new SegflowError('invalid_config', `the configuration has ${count}`, { details: problems });
  }
  return inspection;
}

async function catalog(bundle: LoadedBundle, item: Work['catalog']['item']): Promise<PreviewCatalog> {
  const { catalogOf } = await import('./catalog.ts');
  return catalogOf(bundle, item);
}

async function segments(bundle: LoadedBundle, { id, at }: Work['segments']['item']): Promise<SegmentSql> {
  const { buildSegmentQuery } = await import('../../config/queries/segment-query.ts');
  const segment = entryOf(bundle, 'segments', id);
  if (!segment) throw new SegflowError('not_found', `the configuration has no segment "${id}"`);
  try {
    return { id, ...(await buildSegmentQuery(segment.evaluator, at)) };
  } catch (error) {
    throw new SegflowError('invalid_config', `segment "${id}": ${messageOf(error)}`);
  }
}

async function advance(
  bundle: LoadedBundle,
  item: Work['advance']['item'],
  hooks: WorkerHooks = { parked: (promise) => promise },
): Promise<ActivationOutput> {
  const campaign = entryOf(bundle, 'campaigns', item.campaignId);
  if (!campaign) {
    const recorded = `a run of the campaign "${item.campaignId}"`;
    return { outcome: 'diverged', position: 0, recorded, yielded: 'no such campaign' };
  }
  const { sideEffect, limit } = hooks;
  const outside = { ...OUTSIDE, ...(sideEffect && { sideEffect }), ...(limit && { limit }) };
  const activation = activate(campaign.flow, item, outside);
  const result = activation instanceof Promise ? await hooks.parked(activation) : activation;
  suggestNewBeginning(item, result);
  if (result.outcome !== 'failed') return result;
  const { message } = result.error;
  const stack = (await mapStack(bundle, result.error.stack)) || message;
  // A yielded value is rejected outside of the flow, so only the flow itself can be named.
  const place = /\n {4}at /.test(stack) ? '' : await frameOf(bundle, campaign.flow);
  return { ...result, error: { message, stack: place ? `${stack}\n${place}` : stack } };
}

async function render(
  bundle: LoadedBundle,
  item: Work['render']['item'],
  { limit }: Pick<WorkerHooks, 'limit'> = {},
): Promise<RenderResult> {
  try {
    return { ok: true, ...(await renderItem(bundle, item, limit)) };
  } catch (error) {
    return { ok: false, error: await describeThrown(bundle, error) };
  }
}

async function renderItem(bundle: LoadedBundle, item: Work['render']['item'], limit?: WorkerHooks['limit']) {
  const entry = entryOf(bundle, SECTION[item.kind], item.id);
  if (!entry) throw new SegflowError('not_found', `the configuration has no ${item.kind} "${item.id}"`);
  const [{ createElement }, { renderEmail }, { cleanSubject }] = await Promise.all([
    import('react'),
    import('../../email/render.ts'),
    import('../../email/subject.ts'),
  ]);
  const { user, event, props } = await propsOf(entry, item);
  const { subject, component } = entry;
  const titled = () => (typeof subject === 'function' ? subject(user, event) : subject);
  const line: unknown = item.options?.subject ?? (limit ? limit(titled) : titled());
  if (typeof line !== 'string') {
    throw new SegflowError(
      'render_error',
      `the subject is ${line === null ? 'null' : typeof line}, not a text`,
    );
  }
  if (item.subjectOnly) return { subject: cleanSubject(line), html: '', text: '' };
  const element = createElement(component as React.FC<typeof props>, props);
  if (limit) await tryOut(element, limit);
  const { html, text } = await renderEmail(element);
  return { subject: cleanSubject(line), html, text };
}

/**
 * Renders synchronously, without awaiting anything. A value that a component awaits once (as React
 * Email's Tailwind does) may be available at the next attempt. This call ignores failures, because
 * other callers report them.
 */
async function tryOut(element: React.ReactElement, limit: NonNullable<WorkerHooks['limit']>): Promise<void> {
  const { renderToStaticMarkup } = await import('react-dom/server');
  const waits = () =>
    limit(() => {
      try {
        renderToStaticMarkup(element);
        return false;
      } catch (error) {
        return SUSPENDED.test(messageOf(error));
      }
    });
  const { type } = element as { type: object };
  for (let attempt = 1; waits(); attempt++) {
    if (attempt > ATTEMPTS) waiting.add(type);
    if (waiting.has(type)) return;
    await new Promise((resolve) => setTimeout(resolve, attempt * PAUSE_MS));
  }
}

const ATTEMPTS = 10;
const PAUSE_MS = 10;
/** React's message, and its shortened form in production. */
const SUSPENDED = /suspended while responding|React error #426/;
/** Components that await something new on each attempt. */
const waiting = new WeakSet<object>();

async function propsOf(entry: Record<string, unknown>, item: Work['render']['item']) {
  if (item.preview) {
    const { sampleFor } = await import('../../config/sample.ts');
    return sampleFor(entry.component, item.event?.name ?? String(entry.event ?? item.id));
  }
  const user = item.attributes;
  const event = item.event && {
    name: item.event.name,
    attributes: item.event.attributes,
    createdAt: new Date(item.event.createdAt),
  };
  // The props of one email must not replace properties that all code relies on.
  return { user, event, props: { ...item.options?.props, user, ...(event && { event }) } };
}

async function findFlow(bundle: LoadedBundle, { request, ms }: Work['find-flow']['item']): Promise<string> {
  const campaign = entryOf(bundle, 'campaigns', request.campaignId);
  if (!campaign) return '';
  const queries = await OUTSIDE.queries();
  const stack = await endlessStack(bundle, ms, () => {
    void activate(campaign.flow, request, { queries: () => Promise.resolve(queries) });
  });
  return (await mapStack(bundle, stack)) || frameOf(bundle, campaign.flow);
}

async function findEmail(bundle: LoadedBundle, { request, ms }: Work['find-email']['item']): Promise<string> {
  const entry = entryOf(bundle, SECTION[request.kind], request.id);
  if (!entry) return '';
  const [{ createElement }, { renderToReadableStream }] = await Promise.all([
    import('react'),
    import('react-dom/server'),
  ]);
  const { user, event, props } = await propsOf(entry, request);
  const { subject } = entry;
  const component = entry.component as React.FC<typeof props>;
  const stack = await endlessStack(bundle, ms, () => {
    if (typeof subject === 'function') subject(user, event);
    // Only promises keep the rendering from continuing at once. This call ignores failures, because
    // other callers report them.
    renderToReadableStream(createElement(component, props)).catch(() => {});
  });
  return (await mapStack(bundle, stack)) || frameOf(bundle, innermost(component));
}

/** Unwraps a component from memo() or forwardRef(). */
function innermost(component: unknown): unknown {
  if (typeof component !== 'object' || component === null) return component;
  const { type, render } = component as { type?: unknown; render?: unknown };
  return innermost(type ?? render);
}

async function endlessStack({ specifier }: LoadedBundle, ms: number, work: () => void): Promise<string> {
  if (ms === 0) return '';
  const { stackOfHang } = await import('./hang-stack.ts');
  return stackOfHang(work, { isAuthors: (module) => module === specifier, ms });
}

const SECTION = { template: 'templates', transaction: 'transactions' } as const;

/** An entry of a section of the config. The config was inspected before. */
function entryOf(bundle: LoadedBundle, section: string, id: string): Record<string, unknown> | undefined {
  const config = bundle.config as
    | Record<string, Record<string, Record<string, unknown>> | undefined>
    | undefined;
  const entries = config?.[section];
  return entries && Object.hasOwn(entries, id) ? entries[id] : undefined;
}
