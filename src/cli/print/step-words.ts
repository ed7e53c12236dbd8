import { cell } from './table.ts';

/** Describes a step close to how the flow writes it; the journal's names are shorter. */
export function stepWords({ kind, key }: { kind: string; key: string }): string {
  return `${WORDS[kind] ?? kind} ${cell(key)}`.trimEnd();
}

// --- internal ---

const WORDS: Record<string, string> = {
  until: 'sleep until',
  daytime: 'wait until',
  event: 'wait for event',
  segment: 'wait for segment',
  member: 'in segment',
  update: 'update user',
  start: 'start campaign',
  patch: 'patched',
};
