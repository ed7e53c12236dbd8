import type { Manifest } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import type { Existing } from './plan-shape.ts';

/**
 * The manifest with the list of new campaigns that skip people who already qualify
 * (`--existing=skip`). The evaluation of everyone records a run that ended before it began for each
 * of them. This list and the evaluation's progress decide who already qualified, so a restart
 * changes nothing.
 */
export async function withSkips(
  store: Store,
  {
    before,
    manifest,
    existing,
  }: { before: Manifest | undefined; manifest: Manifest; existing: Existing | undefined },
): Promise<Manifest> {
  const skips = new Set<string>();
  if (existing === 'skip') {
    const known = new Set(before?.campaigns.map(({ id }) => id));
    for (const { id } of manifest.campaigns) if (!known.has(id)) skips.add(id);
  }
  // A deployment restarts the running evaluation: people whom it had not reached are still skipped.
  const pending = before?.skipExisting ?? [];
  if (pending.length > 0 && (await store.isSweeping())) {
    for (const { id } of manifest.campaigns) if (pending.includes(id)) skips.add(id);
  }
  return skips.size === 0 ? manifest : { ...manifest, skipExisting: [...skips] };
}
