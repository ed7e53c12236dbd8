import { isReplaying } from '../../flow/activation/journal-replay.ts';

/**
 * Keeps output that flows print from being printed again at each replay. Returns a function that
 * restores the output.
 */
export function quietReplays(): () => void {
  const originals = METHODS.map((name) => [name, console[name]] as const);
  for (const [name, original] of originals) {
    const print = original.bind(console) as (...values: unknown[]) => void;
    console[name] = (...values: unknown[]) => {
      if (!isReplaying()) print(...values);
    };
  }
  return () => {
    for (const [name, original] of originals) console[name] = original;
  };
}

// --- internal ---

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const;
