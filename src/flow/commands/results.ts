import type { Json } from '../../core/json.ts';
import type { AnyStep } from './commands.ts';

/* Converts results from the journal's JSON to the values that a flow gets. */

/**
 * A query's result in the journal: rows, and the paths (`a`, `a.b`) in them that contain dates, as
 * ISO texts.
 */
export interface RecordedRows {
  rows: Json[];
  dates: string[];
  /** Paths that contain bigints, as texts. */
  bigints?: string[];
}

export function toldOf(step: AnyStep, result: unknown): unknown {
  switch (step.kind) {
    case 'wait':
    case 'until':
    case 'daytime':
    case 'update':
    case 'emit':
    case 'start':
      return undefined;
    case 'event':
      return eventOf(result);
    case 'query':
      return rowsOf(result as RecordedRows);
    case 'race': {
      const { label, value } = result as { label: string; value: unknown };
      const branch = step.detail.branches.find(([name]) => name === label)?.[1];
      return { label, value: branch ? toldOf(branch, value) : value };
    }
    default:
      return result;
  }
}

// --- internal ---

function eventOf(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return null;
  const { createdAt } = result as { createdAt: string | number };
  return { ...result, createdAt: new Date(createdAt) };
}

function rowsOf({ rows, dates, bigints = [] }: RecordedRows): Json[] {
  for (const row of rows) {
    for (const path of dates) revive(row, path, (text) => new Date(text));
    for (const path of bigints) revive(row, path, BigInt);
  }
  return rows;
}

function revive(row: Json, place: string, value: (text: string) => unknown): void {
  const path = place.split('.');
  let object = row as Record<string, unknown> | null | undefined;
  for (const name of path.slice(0, -1)) object = object?.[name] as typeof object;
  const last = path.at(-1)!;
  const text = object?.[last];
  if (object && typeof text === 'string') object[last] = value(text);
}
