import type { Manifest } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import type { Existing } from './plan-shape.ts';

/**
 * The manifest with the campaigns that people who qualify already are kept out of: those that are new, when that was chosen. The
 * evaluation of everyone records, of each, a run that ended before it began; it is this list, and how far that evaluation is, that say
 * who qualified already, so a restart changes nothing.
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
  // An evaluation under way begins anew with a deployment: whom it had not reached is still to be skipped.
  const pending = before?.skipExisting ?? [];
  if (pending.length > 0 && (await store.isSweeping())) {
    for (const { id } of manifest.campaigns) if (pending.includes(id)) skips.add(id);
  }
  return skips.size === 0 ? manifest : { ...manifest, skipExisting: [...skips] };
}
