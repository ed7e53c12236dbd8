import { messageOf, SegflowError } from '../../core/errors.ts';
import type { Inspection, Manifest, ManifestSegment, Problem } from '../ports/manifest.ts';
import type { Store } from '../ports/store.ts';
import { withFacts } from './segment-facts.ts';

/**
 * The manifest with what the store says about the segments.
 * @throws `invalid_config` with `details: Problem[]` when the store cannot run one.
 */
export async function manifestOn(store: Store, inspection: Inspection): Promise<Manifest> {
  const problems: Problem[] = [];
  const segments: ManifestSegment[] = [];
  for (const segment of inspection.manifest.segments) {
    try {
      segments.push(withFacts(segment, await store.inspectSegment(segment)));
    } catch (error) {
      if (!SegflowError.is(error) || !REFUSALS.includes(error.code)) throw error;
      problems.push({
        path: `segments.${segment.id}.evaluator`,
        message: messageOf(error),
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
  if (problems.length > 0) {
    throw new SegflowError('invalid_config', `the configuration has ${problems.length} problem(s)`, {
      details: problems,
      hint: 'Nothing was changed. Mend them and push again.',
    });
  }
  return { ...inspection.manifest, segments };
}

// --- internal ------------------------------------------------------------------------------------

const REFUSALS = ['invalid_config', 'store_unsupported'];
