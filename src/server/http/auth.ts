import { createHash, timingSafeEqual } from 'node:crypto';
import { SegflowError } from '../../core/errors.ts';

/** Throws unless an Authorization header carries the key. */
export type Authorize = (header: string | null) => void;

/**
 * Creates a check for `Bearer KEY` that throws `unauthorized`. Compares hashes in constant time, so
 * not even the key's length leaks.
 */
export function bearer(apiKey: string): Authorize {
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new SegflowError('invalid_input', 'the API key must be printable ASCII without spaces', {
      hint: 'Set SEGFLOW_API_KEY to a long random text, or leave it unset: `segflow serve` then creates a key.',
    });
  }
  const expected = digest(apiKey);
  return (header) => {
    const key = header === null ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (key === undefined) {
      throw refuse(
        header === null ? 'the request carries no API key' : 'the Authorization header is not "Bearer KEY"',
      );
    }
    if (!timingSafeEqual(digest(key), expected)) throw refuse('the API key is not the one of this server');
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuse(message: string): SegflowError {
  return new SegflowError('unauthorized', message, {
    hint: "Send the header Authorization: Bearer KEY, with the server's SEGFLOW_API_KEY or the key that `segflow serve` showed when it first started.",
  });
}
