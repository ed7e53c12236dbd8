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

/** The first line of the message and the innermost frame. */
export function inOneLine(failure: string): string {
  const frame = innermostFrame(failure);
  return frame === undefined ? firstLine(failure) : `${firstLine(failure)} ${frame}`;
}
