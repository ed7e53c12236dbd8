/**
 * Makes a subject one header line. Line breaks and other control characters, with which a user's
 * text could add headers (RFC 5322, 2.2), become spaces. Unpaired surrogates, which no mail
 * encoding can hold, become U+FFFD.
 */
export function cleanSubject(subject: string): string {
  return subject
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}
