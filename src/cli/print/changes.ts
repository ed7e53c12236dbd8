import type { Changes } from '../../protocol/api.ts';
import { paint } from './output.ts';

const NONE: Changes = { segments: { entered: [], left: [] }, campaigns: { entered: [], left: [] } };

/**
 * The segments and campaigns that a user entered and left, one a line; a single line says so if
 * there are none.
 */
export function formatChanges(changes: Changes = NONE): string {
  const lines: string[] = [];
  for (const [what, { entered, left }] of Object.entries(changes)) {
    const noun = what === 'segments' ? 'segment' : 'campaign';
    for (const id of entered) lines.push(`${paint('green', '+')} entered ${noun} ${id}`);
    for (const id of left) lines.push(`${paint('red', '-')} left ${noun} ${id}`);
  }
  return lines.length > 0 ? lines.join('\n') : 'no segment or campaign entered or left';
}

export function changesOrNone(changes: Changes | undefined): Changes {
  return changes ?? NONE;
}
