import { type Duration, durationMs } from '../../core/duration.ts';
import { messageOf, SegflowError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/*
 * Checks of the arguments that a flow passes to commands. Each throws `invalid_input`, which fails
 * the run with a message that names the command.
 */

/** The maximum length of names and ids, in characters. */
const MAX_NAME = 128;
/** The maximum length of a value that a step keeps, as JSON text. */
const MAX_JSON = 65_536;

export function refuse(message: string, hint?: string): SegflowError {
  return new SegflowError('invalid_input', message, hint === undefined ? {} : { hint });
}

/** @param what describes the argument: `sendEmail takes the id of a template`. */
export function nameArgument(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_NAME && value.isWellFormed())
    return value;
  throw refuse(`${what} (1 to ${MAX_NAME} characters), got ${describeArgument(value)}`);
}

/**
 * The options of a command: an object with no properties other than `known`. Undefined counts as
 * absent.
 */
export function optionsArgument(
  value: unknown,
  command: string,
  known: readonly string[],
): Record<string, unknown> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(
      `the options of ${command} are an object with ${known.join(', ')}; this is ${describeArgument(value)}`,
    );
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw refuse(`${command} has no option "${name}"`, `Its options are: ${known.join(', ')}.`);
    }
  }
  return value as Record<string, unknown>;
}

/** The option `id`. */
export function idOption({ id }: Record<string, unknown>, command: string): string | null {
  return id === undefined ? null : nameArgument(id, `the id of ${command} is a text`);
}

/** An optional duration, in milliseconds. */
export function durationOption(value: unknown, what: string): number | null {
  if (value === undefined) return null;
  try {
    return durationMs(value as Duration);
  } catch (error) {
    throw refuse(`${what}: ${messageOf(error)}`, 'Write for example { timeout: { days: 3 } }.');
  }
}

/**
 * A copy of the value after a JSON round trip: dates become texts, and undefined properties are
 * dropped.
 */
export function jsonArgument(value: unknown, what: string): Json {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw refuse(`${what} must be JSON: ${messageOf(error)}`);
  }
  if (text === undefined) throw refuse(`${what} must be JSON, got ${describeArgument(value)}`);
  if (text.length > MAX_JSON) {
    throw refuse(`${what} is too large: ${text.length} characters of JSON, at most ${MAX_JSON}`);
  }
  return JSON.parse(text) as Json;
}

export function jsonObjectArgument(value: unknown, what: string): JsonObject {
  const json = jsonArgument(value, what);
  if (isObject(json)) return json;
  throw refuse(`${what} must be an object, got ${describeArgument(value)}`);
}

/** Epoch milliseconds of a Date, an ISO text with its offset, or a number of milliseconds. */
export function momentArgument(value: unknown): number {
  const expected = 'sleepUntil takes a Date, an ISO 8601 text with time and offset, or epoch milliseconds';
  if (typeof value === 'string' && !ISO_MOMENT.test(value)) {
    throw refuse(
      `${expected}, got ${describeArgument(value)}`,
      'Write for example "2026-12-24T09:00:00Z", or use waitUntil for a time of day.',
    );
  }
  const at = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : value;
  if (typeof at !== 'number' || !Number.isFinite(at) || at < 0 || at > MAX_MOMENT) {
    throw refuse(
      `${expected}, got ${value instanceof Date ? `an impossible Date (${at})` : describeArgument(value)}`,
    );
  }
  return Math.round(at);
}

export function describeArgument(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if ('then' in value) return 'a promise';
  return Array.isArray(value) ? 'an array' : 'an object';
}

// --- internal ---

const ISO_MOMENT = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/i;
/** The end of the year 9999, which every store can hold. */
const MAX_MOMENT = Date.UTC(10_000, 0, 1) - 1;
