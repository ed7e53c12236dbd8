import type { ArgsDef } from 'citty';
import type { JsonObject } from '../../core/json.ts';
import { parseAttributes } from './attributes.ts';

/** Flags of the commands that take attributes. */
export const attributeArgs = {
  'json-attributes': {
    type: 'string',
    alias: 'j',
    valueHint: 'json',
    description: 'Attributes as a JSON object',
  },
  wait: {
    type: 'boolean',
    description: 'Return once segments and campaigns were evaluated, and show what changed',
  },
} as const satisfies ArgsDef;

export const FORMATS = `Attribute formats:
  1. Key-value pairs:    username='johndoe' email='john@example.com'
  2. JSON (with -j):     -j '{"username": "johndoe", "email": "john@example.com"}'
  true, false, null and numbers are read as such; 01234, +4917… and numbers too long to be exact stay text.`;

/** The attributes after the first `named` positional arguments, merged with those of -j. */
export function attributesOf(
  args: { _: string[]; 'json-attributes'?: string | undefined },
  named: number,
): JsonObject {
  return parseAttributes(args._.slice(named), args['json-attributes']);
}
