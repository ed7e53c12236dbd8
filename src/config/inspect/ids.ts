import { MAX_NAME } from '../../schema/index.ts';
import { describeValue, isRecord } from '../value-kinds.ts';
import { type Path, type Report, suggest } from './report.ts';

/** Neither spaces at the ends nor control characters, as for event names in the API. */
const NAME = /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u;

/** What is wrong with an id or an event name, or undefined. */
export function nameTrouble(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name.length > MAX_NAME) return `is longer than ${MAX_NAME} characters (${name.length})`;
  if (!NAME.test(name)) return 'begins or ends with a space, or holds a control character';
  if (!name.isWellFormed()) return 'holds half of a character (a lone surrogate)';
  return undefined;
}

/**
 * The entries of a section (`templates`, `segments`, …): an object by id. Reports a section of
 * another kind, and bad ids.
 */
export function sectionEntries(
  config: Record<string, unknown>,
  section: string,
  report: Report,
): [string, unknown][] {
  const value = config[section];
  if (value === undefined) return [];
  if (!isRecord(value)) {
    report.add(
      [section],
      `expected an object with an id for each entry, got ${describeValue(value)}`,
      `Write ${section}: { 'my-id': { … } }.`,
    );
    return [];
  }
  const entries = Object.entries(value);
  for (const [id] of entries) {
    const trouble = nameTrouble(id);
    if (trouble) report.add([section, id], `the id ${trouble}`, `An id has 1 to ${MAX_NAME} characters.`);
  }
  return entries;
}

/**
 * A list of unique, valid names. With `known` each must be one of these.
 * @param what the word for one of them: `segment`.
 */
export function nameList(
  value: unknown,
  path: Path,
  report: Report,
  { what, known }: { what: string; known?: readonly string[] },
): string[] {
  if (!Array.isArray(value)) {
    const wrap = typeof value === 'string' ? `Write [${JSON.stringify(value)}].` : undefined;
    report.add(path, `expected a list of ${what}s, got ${describeValue(value)}`, wrap);
    return [];
  }
  const names: string[] = [];
  value.forEach((name: unknown, index) => {
    const at = [...path, index];
    if (typeof name !== 'string') {
      report.add(at, `expected the name of a ${what}, got ${describeValue(name)}`);
      return;
    }
    const trouble = nameTrouble(name);
    if (trouble) report.add(at, `the name of the ${what} ${trouble}`);
    else if (known && !known.includes(name)) {
      const all =
        known.length > 0
          ? `The config has: ${known.slice(0, 10).join(', ')}.`
          : `The config defines no ${what}s.`;
      report.add(at, `unknown ${what} "${name}"`, suggest(name, known, all));
    } else if (names.includes(name)) report.add(at, `"${name}" is listed twice`, 'Remove one of the two.');
    names.push(name);
  });
  return names;
}
