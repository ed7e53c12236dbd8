import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative } from 'node:path';
import type { BundledConfig } from '../config/bundle/bundle.ts';
import { messageOf, SegflowError } from '../core/errors.ts';
import { hash53 } from '../core/hash.ts';
import type { Host, PreviewCatalog, PreviewItem, RenderRequest } from '../engine/ports/host.ts';
import type { Bundle, Problem } from '../engine/ports/manifest.ts';
import type { OverviewItem, PreviewState, RenderAnswer, RenderFailure, RenderQuestion } from './api.ts';
import { type ProjectWatch, watchProject } from './watch.ts';

/*
 * The project being previewed, as its files are now.
 *
 *   loading ──▶ good ──▶ (a file changes) ──▶ loading …
 *          └──▶ broken: does not compile or load
 *
 * One load runs at a time; a change during a load causes one more. While broken, the items and the
 * bundle of the last good load stay, so the list keeps its place and the next good load recovers
 * automatically. Nothing is kept on disk.
 */

export interface PreviewProject {
  state(): PreviewState;
  render(question: RenderQuestion): Promise<RenderAnswer>;
  overview(): Promise<OverviewItem[]>;
  /**
   * Calls `listener` whenever the state's version has grown. Returns a function that stops this.
   */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface ProjectParts {
  configPath: string;
  host: Host;
  /**
   * Bundles the config into its code or its problems, and in either case returns the files to
   * watch.
   */
  bundle: (configPath: string) => Promise<BundledConfig>;
  /** The values of the environment variables that the code reads. */
  environment: (names: readonly string[]) => Promise<Record<string, string>>;
  log: (line: string) => void;
}

/**
 * Resolves once the first load has succeeded or failed, or takes long; until then the version is 0.
 */
export async function openProject(parts: ProjectParts): Promise<PreviewProject> {
  const { host, log } = parts;
  // As the bundler names files: with symbolic links resolved.
  const config = realpathSync(parts.configPath);
  const root = dirname(config);
  const project = { name: basename(root), config: relative(root, config), key: hash53(config) };
  const listeners = new Set<() => void>();

  let version = 0;
  let loaded: Load = { catalog: EMPTY, broken: false, warnings: [] };
  let good: { bundle: Bundle; catalog: PreviewCatalog } | undefined;
  let loading: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function load(): Promise<void> {
    const next = await attempt(parts, config, watcher);
    if (closed) return;
    const same =
      JSON.stringify([next.bundle, next.catalog]) === JSON.stringify([loaded.bundle, loaded.catalog]);
    if (version > 0 && same) return;
    loaded = next;
    if (!next.broken && next.bundle !== undefined) good = { bundle: next.bundle, catalog: next.catalog };
    version++;
    log(summary(next, version > 1));
    for (const { file, line, message } of next.warnings) log(`${file}:${line ?? 1}: ${message}`);
    for (const listener of listeners) listener();
  }

  async function loadUntilQuiet(): Promise<void> {
    do {
      again = false;
      await load();
    } while (again && !closed);
    loading = undefined;
  }

  function reload(): Promise<void> {
    if (loading === undefined) loading = loadUntilQuiet();
    else again = true;
    return loading;
  }

  async function renderWith(bundle: Bundle, requests: RenderRequest[]) {
    try {
      return await host.render(bundle, requests);
    } catch (error) {
      const stack = (error instanceof Error && error.stack) || '';
      const hint = SegflowError.is(error) ? error.hint : undefined;
      return requests.map(() => ({
        ok: false as const,
        error: { message: messageOf(error), stack, ...(hint === undefined ? {} : { hint }) },
      }));
    }
  }

  const watcher: ProjectWatch = watchProject(root, () => void reload().catch((e) => log(messageOf(e))));
  await Promise.race([reload(), Bun.sleep(PATIENCE_MS)]);

  return {
    state: () => ({
      version,
      project,
      items: good?.catalog.items ?? [],
      from: good?.catalog.fromAddress ?? null,
      replyTo: good?.catalog.replyTo ?? null,
      problems: loaded.catalog.problems.map((problem) => shortened(problem, root)),
      broken: loaded.broken,
    }),
    async render(question) {
      const item = good?.catalog.items.find(({ kind, id }) => kind === question.kind && id === question.id);
      if (good === undefined || item === undefined) {
        throw new SegflowError('not_found', `The config has no ${question.kind} "${question.id}"`);
      }
      const [result] = await renderWith(good.bundle, [requestFor(item, question)]);
      if (result === undefined) throw new SegflowError('internal', 'The host gave no answer');
      if (!result.ok) return { ok: false, error: withShortPaths(result.error, root) };
      return { ...result, bytes: Buffer.byteLength(result.html) };
    },
    async overview() {
      if (good === undefined) return [];
      const { items } = good.catalog;
      const results = await renderWith(
        good.bundle,
        items.map((item) => requestFor(item)),
      );
      return items.map(({ kind, id }, i) => {
        const result = results[i];
        return { kind, id, subject: result?.ok ? result.subject : null };
      });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      watcher.close();
      listeners.clear();
      await loading;
    },
  };
}

/**
 * Code that hangs on loading blocks until the host stops it; a page that says so is better than no
 * page.
 */
const PATIENCE_MS = 3_000;

interface Load {
  bundle?: Bundle;
  catalog: PreviewCatalog;
  broken: boolean;
  warnings: Problem[];
}

const EMPTY: PreviewCatalog = { items: [], fromAddress: undefined, replyTo: undefined, problems: [] };

async function attempt(parts: ProjectParts, config: string, watcher: ProjectWatch): Promise<Load> {
  try {
    const bundled = await parts.bundle(config);
    watcher.follow(bundled.files);
    if (bundled.problems.length > 0) return broken(bundled.problems);
    const { id, code, warnings } = bundled;
    const bundle = { id, code, environment: await parts.environment(bundled.environmentNames) };
    const catalog = await parts.host.catalog(bundle);
    return { bundle, catalog, broken: catalog.items.length === 0 && catalog.problems.length > 0, warnings };
  } catch (error) {
    if (!SegflowError.is(error)) return broken([{ path: '', message: messageOf(error) }]);
    if (error.code === 'invalid_config' && Array.isArray(error.details))
      return broken(error.details as Problem[]);
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return broken([{ path: '', message: error.message, ...hint }]);
  }
}

function broken(problems: Problem[]): Load {
  return { catalog: { ...EMPTY, problems }, broken: true, warnings: [] };
}

// With the user's own data, the email is rendered as it would be sent; otherwise with the
// component's PreviewProps.
function requestFor({ kind, id, sample }: PreviewItem, question?: RenderQuestion): RenderRequest {
  const data = question?.data;
  const request = { messageId: `preview-${kind}-${id}`, kind, id, ...(data ?? sample) };
  return data === undefined ? { ...request, preview: true } : request;
}

function summary({ catalog, broken }: Load, reloaded: boolean): string {
  const { items, problems } = catalog;
  if (broken) {
    const [first] = problems;
    const place = first?.file === undefined ? '' : `${first.file}:${first.line ?? 1}: `;
    return `Cannot load: ${place}${first?.message ?? 'unknown'}`;
  }
  const count = `${items.length} ${items.length === 1 ? 'email' : 'emails'}`;
  const wrong = problems.length === 0 ? '' : `, ${problems.length} to put right before a push`;
  return `${reloaded ? 'Reloaded' : 'Loaded'}: ${count}${wrong}`;
}

function shortened(problem: Problem, root: string): Problem {
  if (problem.file === undefined || !isAbsolute(problem.file)) return problem;
  const short = relative(root, problem.file);
  return { ...problem, file: short.startsWith('..') ? problem.file : short };
}

function withShortPaths(error: RenderFailure, root: string): RenderFailure {
  return { ...error, stack: error.stack.replaceAll(`file://${root}/`, '').replaceAll(`${root}/`, '') };
}
