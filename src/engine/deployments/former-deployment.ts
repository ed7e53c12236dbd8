import { SegflowError } from '../../core/errors.ts';
import type { DeploymentRow } from '../ports/deployments.ts';
import type { Store } from '../ports/store.ts';

const LISTED = 1_000;

/**
 * The deployment that `id` is, or begins; without an id, the one that was in force before the active one.
 * @throws `not_found`
 */
export async function formerDeployment(
  store: Store,
  { id, activeId }: { id: string | undefined; activeId: string | undefined },
): Promise<DeploymentRow> {
  const list = await store.listDeployments(LISTED);
  const matching = id === undefined ? latestBut(list, activeId) : list.filter((row) => row.id.startsWith(id));
  const only = matching.find((row) => row.id === id) ?? (matching.length === 1 ? matching[0] : undefined);
  const row = only && (await store.deployment(only.id));
  if (row) return row;
  throw new SegflowError('not_found', trouble(id, matching.length), {
    hint: '`segflow deployments` lists them.',
  });
}

// --- internal ------------------------------------------------------------------------------------

type Listed = Pick<DeploymentRow, 'id' | 'activatedAt'>;

function latestBut(list: Listed[], activeId: string | undefined): Listed[] {
  return list
    .filter((row) => row.activatedAt !== null && row.id !== activeId)
    .sort((a, b) => b.activatedAt! - a.activatedAt!)
    .slice(0, 1);
}

function trouble(id: string | undefined, matches: number): string {
  if (id === undefined) return 'there is no deployment before the present one';
  return matches > 1 ? `"${id}" begins the ids of ${matches} deployments` : `there is no deployment "${id}"`;
}
