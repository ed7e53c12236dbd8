/**
 * A subject as one line of a mail: line breaks and other control characters, with which text of a user's could add headers of
 * its own (RFC 5322, 2.2), become spaces; halves of surrogate pairs, which no encoding of the mail can hold, become U+FFFD.
 */
export function cleanSubject(subject: string): string {
  return subject
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}
