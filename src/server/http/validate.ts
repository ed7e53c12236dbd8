import type { z } from 'zod';
import { SegflowError } from '../../core/errors.ts';
import { clip, pathText } from '../../core/json-diagnose.ts';

/** One invalid field: an entry of an error's `details`. */
export interface FieldProblem {
  /** `operations[3].userId`; empty for the body itself. */
  path: string;
  message: string;
  expected: string;
  got: string;
}

/** Further problems are counted, not listed. */
const MAX_LISTED = 20;

/**
 * Returns `value` as parsed by `schema`. Throws `invalid_input` with one FieldProblem a field in
 * `details`. `what` names the value: "the body".
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = new Map<string, FieldProblem>();
  for (const problem of result.error.issues.flatMap((issue) => problemsOf(issue, value))) {
    if (!problems.has(problem.path)) problems.set(problem.path, problem);
  }
  throw invalid([...problems.values()], what);
}

export function invalid(problems: FieldProblem[], what: string): SegflowError {
  const listed = problems.slice(0, MAX_LISTED);
  const first = listed
    .slice(0, 3)
    .map(({ path, expected, got }) => `${path || what} must be ${expected}, got ${got}`)
    .join('; ');
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
  return new SegflowError('invalid_input', `${what} is not valid: ${first}${more}`, {
    hint: 'Correct the fields that details lists; /openapi.json describes every one.',
    details: listed,
  });
}

function problemsOf(issue: z.core.$ZodIssue, root: unknown): FieldProblem[] {
  const at = valueAt(root, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      message: 'there is no such field',
      expected: 'absent: there is no such field',
      got: describeInput(valueAt(at, [key])),
    }));
  }
  const expected = expectationOf(issue);
  return [{ path: pathText(issue.path), message: `must be ${expected}`, expected, got: gotOf(issue, at) }];
}

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? `a value of type ${issue.expected}`;
    case 'too_small':
      return `${sizeOf(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `${sizeOf(issue.origin, 'at most', issue.maximum)}`;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_format':
      if (issue.format === 'datetime')
        return 'a time as ISO 8601 with its offset, such as "2026-01-31T12:00:00Z"';
      return issue.message.startsWith('must be ') ? issue.message.slice(8) : `a text, which ${issue.message}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? issue.options.map((value: unknown) => JSON.stringify(value)).join(' or ')
        : 'a JSON value';
    default:
      return issue.message;
  }
}

function sizeOf(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `a text of ${bound} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `a list of ${bound} ${limit}`;
  return `${bound} ${limit}`;
}

function gotOf(issue: z.core.$ZodIssue, value: unknown): string {
  if ((issue.code === 'too_small' || issue.code === 'too_big') && typeof value === 'string') {
    return `${value.length} characters`;
  }
  return describeInput(value);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

// --- internal ---

/** How an error shows a value: its type, or a short form of the value. */
function describeInput(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(clip(value));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}
