import { parseDuration } from '../core/duration.ts';
import { messageOf, SegflowError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Happening } from './timeline.ts';

/**
 * A sample as JSON lines, in any order. `at` is a length of time since the start (`"3d"`) or an ISO
 * date; default: the start.
 *
 *   {"user": "ada", "attributes": {"email": "ada@example.com"}}
 *   {"user": "ada", "event": "purchase", "attributes": {"value": 1200}, "at": "3d"}
 *
 * A line without `event` adds the user, or merges the attributes into the user's. Throws
 * `invalid_input`, naming the line.
 */
export function parseSample(text: string, start: number): Happening[] {
  const happenings: Happening[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      happenings.push(happeningOf(JSON.parse(line), start));
    } catch (error) {
      throw new SegflowError('invalid_input', `line ${index + 1} of the sample: ${messageOf(error)}`, {
        hint: 'Write {"user": "ada", "attributes": {…}} or {"user": "ada", "event": "purchase", "at": "3d"}.',
      });
    }
  }
  return happenings;
}

// --- internal ---

function happeningOf(value: unknown, start: number): Happening {
  if (!isRecord(value)) throw new Error('expected an object');
  const { user, event, attributes = {}, at, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`unknown property "${unknown}"`);
  if (typeof user !== 'string' || user === '') throw new Error('"user" must be the id of a user');
  if (!isRecord(attributes)) throw new Error('"attributes" must be an object');
  const shared = { at: timeOf(at, start), userId: user, attributes: attributes as JsonObject };
  if (event === undefined) return { kind: 'user', ...shared };
  if (typeof event !== 'string' || event === '') throw new Error('"event" must be the name of an event');
  return { kind: 'event', name: event, ...shared };
}

function timeOf(at: unknown, start: number): number {
  if (at === undefined) return start;
  if (typeof at !== 'string') throw new Error('"at" must be a text such as "3d" or "2026-01-31T09:00:00Z"');
  const length = parseDuration(at);
  const time = length === undefined ? Date.parse(at) : start + length;
  if (Number.isNaN(time)) throw new Error(`"at" is neither a length of time nor a date: "${at}"`);
  return time;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
