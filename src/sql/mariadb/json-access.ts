import type { Expr, JsonAccess } from '../ast.ts';
import type { JsonLeg, JsonPath } from '../json-path.ts';
import { quote } from './literals.ts';
import type { Printer } from './printer.ts';

/*
 * MariaDB has no JSON type: JSON is text, and `->` and `->>` become functions. Two facts about
 * JSON_EXTRACT matter here:
 * - In a comparison with a text or a number, MariaDB compares the value inside, whatever its type.
 *   CONCAT around it makes plain text.
 * - `[last]` fails from the second row on (seen in 10.11), so the position is computed.
 */

/** `doc -> path` or `doc ->> path`. */
export function jsonAccess(printer: Printer, access: JsonAccess): string {
  const extracted = extract(printer, access);
  return access.unquote ? `json_unquote(${extracted})` : extracted;
}

/** The JSON at the path. */
export function extract(printer: Printer, { doc, path, at }: JsonAccess): string {
  const place = path.legs.findIndex(({ kind }) => kind === 'last');
  const document = printer.expr(doc);
  if (place < 0) return `json_extract(${document}, ${pathOf(printer, path, at)})`;
  const rest = path.legs.slice(place + 1);
  if (rest.some(({ kind }) => kind === 'last')) {
    printer.refuse(at, `the JSON path ${path.text}`, 'only one [last] works');
  }
  const before = pathOf(printer, { ...path, legs: path.legs.slice(0, place) }, at);
  const { back } = path.legs[place] as JsonLeg & { kind: 'last' };
  const array = `json_extract(${document}, ${before})`;
  const length = `json_length(${document}, ${before})`;
  // A value that is not an array counts as an array of one.
  const index = `if(json_type(${array}) <> 'ARRAY', ${back === 0 ? '0' : 'null'}, if(${length} > ${back}, ${length} - ${back + 1}, null))`;
  const after = pathOf(printer, { ...path, legs: rest }, at).replace("'$", "'");
  return `json_extract(${document}, concat(${before.slice(0, -1)}[', ${index}, ']', ${after}))`;
}

/** Whether the path leads to one value: no wildcards, no positions from the end. */
export function isPlain({ legs }: JsonPath): boolean {
  return legs.every(({ kind }) => kind === 'key' || kind === 'index');
}

/** The path as a literal. */
export function pathOf(printer: Printer, { text, legs }: JsonPath, at: number): string {
  const refuse = (why: string) => printer.refuse(at, `the JSON path ${text}`, why);
  let path = '$';
  legs.forEach((leg, index) => {
    switch (leg.kind) {
      case 'key':
        path += /^[A-Za-z_][A-Za-z0-9_]*$/.test(leg.name) ? `.${leg.name}` : `.${JSON.stringify(leg.name)}`;
        return;
      case 'index':
        path += `[${leg.index}]`;
        return;
      case 'anyKey':
        path += '.*';
        return;
      case 'anyIndex':
        path += '[*]';
        return;
      case 'anyDepth':
        if (legs[index + 1]?.kind !== 'key') refuse('a key must follow **');
        path += '**';
        return;
      case 'range':
        if (`${leg.from}${leg.to}`.includes('last')) refuse('it finds nothing for a range from or to last');
        path += `[${leg.from} to ${leg.to}]`;
        return;
      case 'last':
        refuse('[last] works only in -> and ->>');
    }
  });
  return quote(path);
}

/** Whether MariaDB returns this JSON as a JSON_EXTRACT, which it compares by its own rules. */
export function isExtract(expr: Expr): boolean {
  return expr.kind === 'json' && !expr.unquote;
}
