import { FACTS_VERSION, factsOfText } from '../../sql/facts/facts.ts';
import type { QueryFacts } from '../../sql/facts/query-facts.ts';
import type { Manifest, ManifestSegment } from '../ports/manifest.ts';

/** A segment with what its query reads. */
export function withFacts(
  segment: Omit<ManifestSegment, 'facts' | 'timeDependent'>,
  facts: QueryFacts,
): ManifestSegment {
  const others = facts.tables.some((table) => !OF_PEOPLE.has(table));
  return { ...segment, facts, timeDependent: segment.volatile || facts.clock.length > 0 || others };
}

/**
 * The manifest with this version's facts: those of a manifest that another version stored are found
 * again.
 */
export function withCurrentFacts(manifest: Manifest): Manifest {
  if (manifest.segments.every(isCurrent)) return manifest;
  return {
    ...manifest,
    segments: manifest.segments.map((it) =>
      isCurrent(it) ? it : withFacts(it, factsOfText(it.sql, it.params)),
    ),
  };
}

// --- internal ---

/** Rows of other tables change without a user's attributes or events changing. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['users', 'events']);

function isCurrent({ facts }: { facts?: QueryFacts }): boolean {
  return facts?.version === FACTS_VERSION;
}
