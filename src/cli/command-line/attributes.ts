import { messageOf, SegflowError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { parseJson } from '../../core/json-text.ts';

const HINT = `Write key=value pairs (username=johndoe plan=pro) or JSON: -j '{"username": "johndoe"}'`;

/**
 * The attributes on a command line: those of `json` (the value of -j), then the `key=value` pairs.
 * Throws `invalid_input` for a pair without `=`, an empty or repeated key, and JSON that is not an
 * object.
 */
export function parseAttributes(pairs: string[], json?: string): JsonObject {
  const attributes: JsonObject = json === undefined ? {} : parseObject(json);
  const seen = new Set<string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 0) throw refusePair(pair);
    const key = pair.slice(0, at).trim();
    if (key === '') throw refuse(`"${pair}" has no name before the "="`);
    if (seen.has(key))
      throw refuse(`"${key}" is given twice`, `A list is written as JSON: -j '{"${key}": [1, 2]}'`);
    seen.add(key);
    // Not an assignment: a key such as "__proto__" is data here.
    const value = parseValue(pair.slice(at + 1));
    Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return attributes;
}

/**
 * Converts a value from the command line: to true, false, null, a number if the conversion loses
 * nothing (JSON's grammar, and the same decimal value after a round trip), otherwise to the text
 * itself.
 */
export function parseValue(text: string): Json {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  if (!NUMBER.test(text)) return text;
  const value = Number(text);
  // JSON.stringify writes -0 as 0.
  return Number.isFinite(value) && decimal(text) === decimal(String(value)) ? value + 0 : text;
}

/** RFC 8259, section 6. So 01234, +49, 0x10 and .5 are not numbers. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Normalises a decimal number to one spelling: its digits without outer zeros, and its power of
 * ten.
 */
function decimal(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${mantissa.startsWith('-') ? '-' : ''}${significant}e${power}`;
}

function parseObject(text: string): JsonObject {
  // As strict as the server, which cannot see what JSON.parse would drop here, such as the first of
  // two equal keys.
  let value: Json;
  try {
    value = parseJson(new TextEncoder().encode(text), 'the JSON of -j');
  } catch (error) {
    throw new SegflowError('invalid_input', messageOf(error), {
      hint: `Quote it for the shell, and give each key once: -j '{"username": "johndoe"}'`,
      cause: error,
    });
  }
  if (!isObject(value)) throw refuse(`-j takes a JSON object, got ${JSON.stringify(value)}`);
  return value;
}

function refusePair(pair: string): SegflowError {
  if (/^\s*[{[]/.test(pair)) {
    return refuse('JSON attributes need -j before them', `-j '{"username": "johndoe"}'`);
  }
  return refuse(`"${pair}" is not an attribute: it has no "="`);
}

function refuse(message: string, hint = HINT): SegflowError {
  return new SegflowError('invalid_input', message, { hint });
}
