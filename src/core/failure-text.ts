/*
 * A failure is stored as one text: its message, which may have several lines, and then one frame a
 * line, innermost first ("    at name (file:line:column)"). For people and logs.
 */

/** The first line of the message. */
export function firstLine(failure: string | null): string {
  return failure?.split('\n')[0] ?? '';
}

/**
 * The innermost frame, without its indentation: `at name (file:line:column)`. Undefined if no place
 * is known.
 */
export function innermostFrame(failure: string): string | undefined {
  return failure
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .find((line) => line.startsWith('at '));
}

/**
 * The part of a failure that a log may hold: its kind and place. The message may quote a user's
 * data ("cannot format ada@example.com"), which belongs in the store and not in a log.
 */
export function forLog(failure: string | null): string {
  const kind = KIND.exec(firstLine(failure))?.[1] ?? 'an error';
  const frame = innermostFrame(failure ?? '');
  return frame === undefined ? kind : `${kind} ${frame}`;
}

/** The name of an error's class, as at the beginning of a stack. */
const KIND = /^([A-Z][A-Za-z]*(?:Error|Exception)): /;
