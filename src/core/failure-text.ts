/*
 * What is kept of a failure is one text: its message, which may have several lines, and then a frame a line, innermost
 * first ("    at name (file:line:column)"). For people and logs.
 */

/** The first line of the message. */
export function firstLine(failure: string | null): string {
  return failure?.split('\n')[0] ?? '';
}

/** The innermost frame, without its indentation: `at name (file:line:column)`. Undefined when no place is known. */
export function innermostFrame(failure: string): string | undefined {
  return failure
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .find((line) => line.startsWith('at '));
}

/**
 * What a log may hold of a failure: its kind and place. The message may quote a person's data ("cannot format ada@example.com"), which
 * belongs in the store and not in a log.
 */
export function forLog(failure: string | null): string {
  const kind = KIND.exec(firstLine(failure))?.[1] ?? 'an error';
  const frame = innermostFrame(failure ?? '');
  return frame === undefined ? kind : `${kind} ${frame}`;
}

/** The name of an error's class, as stacks begin with it. */
const KIND = /^([A-Z][A-Za-z]*(?:Error|Exception)): /;
