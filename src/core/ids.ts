/**
 * Creates an id: `prefix_` and a UUIDv7 (RFC 9562) without dashes, so ids sort by creation time.
 */
export function newId(prefix: string, atMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Math.floor(atMs);
  for (let i = 5; i >= 0; i--) {
    bytes[i] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return `${prefix}_${hex}`;
}

/** The number of hexadecimal digits in a message's id that identify its occasion. */
export const OCCASION_DIGITS = 20;

/**
 * The occasion of a message, as its recipient sees it: this step of this user's nth run of a
 * campaign, or this event's email. Ids of messages of one occasion differ only in when the run
 * started; a user who was deleted and added again has two such messages.
 */
export function occasionOf(messageId: string): string {
  return messageId.slice(0, 'msg_'.length + OCCASION_DIGITS);
}
