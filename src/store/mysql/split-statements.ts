/** Comments, quoted text and names: a semicolon inside them does not end a statement. */
const OPAQUE: [opens: string, closes: string][] = [
  ['-- ', '\n'],
  ['#', '\n'],
  ['/*', '*/'],
  ["'", "'"],
  ['"', '"'],
  ['`', '`'],
];

/**
 * The statements of a migration file, without comments. Throws when a quote or comment is not
 * closed, or when the last statement has no semicolon. Sufficient for Segflow's own files: no
 * DELIMITER, no stored programs.
 */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let statement = '';
  let at = 0;
  while (at < text.length) {
    const opaque = OPAQUE.find(([opens]) => text.startsWith(opens, at));
    if (opaque) {
      const end = endOf(text, at, opaque);
      if (isComment(opaque)) statement += opaque[1] === '\n' ? '\n' : ' ';
      else statement += text.slice(at, end);
      at = end;
    } else if (text[at] === ';') {
      if (statement.trim() !== '') statements.push(statement.trim());
      statement = '';
      at++;
    } else statement += text[at++];
  }
  if (statement.trim() !== '') throw new Error(`a statement lacks its semicolon: ${statement.trim()}`);
  return statements;
}

/** The table of a `create table if not exists NAME (…)`; undefined for other statements. */
export function tableMadeBy(statement: string): string | undefined {
  const [create, table, ...words] = statement.split(/\s+/, 6);
  if (`${create} ${table} ${words.slice(0, 3).join(' ')}` !== 'create table if not exists') return undefined;
  return words[3]?.replaceAll('`', '');
}

export function altersTable(statement: string): boolean {
  return /^alter\s+table\s/i.test(statement);
}

// --- internal ---

function isComment([opens]: (typeof OPAQUE)[number]): boolean {
  return opens.length > 1 || opens === '#';
}

/**
 * The end of the comment, text or name that begins at `at`. A quote that is doubled or follows a
 * backslash does not close its text.
 */
function endOf(text: string, at: number, opaque: (typeof OPAQUE)[number]): number {
  const [opens, closes] = opaque;
  let end = at + opens.length;
  while (end < text.length) {
    if (!isComment(opaque) && opens !== '`' && text[end] === '\\') end += 2;
    else if (!text.startsWith(closes, end)) end++;
    else if (!isComment(opaque) && text[end + 1] === closes) end += 2;
    else return end + closes.length;
  }
  if (closes === '\n') return end;
  throw new Error(`${opens} is not closed: ${text.slice(at, at + 40)}`);
}
