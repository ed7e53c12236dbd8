import { SegflowError } from '../../core/errors.ts';

/** A TCP port, 0 to 65535. Throws `invalid_input`. */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new SegflowError('invalid_input', `a port is a number from 0 to 65535, got "${text}"`);
}
