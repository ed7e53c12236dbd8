import { SegflowError } from '../core/errors.ts';

/** The error for a query that is not accepted: `invalid_config`, with the place in its text. */
export function refusal(
  problem: string,
  { text, at, hint }: { text: string; at: number; hint?: string | undefined },
): SegflowError {
  return new SegflowError('invalid_config', `${problem} (${placeOf(text, at)})`, {
    ...(hint === undefined ? {} : { hint }),
    details: { at },
  });
}

/** `line 2, column 8: group by id hav…` */
export function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1) + 1;
  const rest = text.slice(at).replace(/\s+/g, ' ').trim();
  const excerpt = rest === '' ? 'at the end' : rest.length > EXCERPT ? `${rest.slice(0, EXCERPT)}…` : rest;
  return `line ${line}, column ${column}: ${excerpt}`;
}

const EXCERPT = 40;
