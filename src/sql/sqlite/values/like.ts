const patterns = new Map<string, (text: string) => boolean>();

/**
 * Whether a text matches a LIKE pattern, letter by letter; `fold` unifies letters that the
 * collation treats as equal.
 */
export function likePattern(
  pattern: string,
  escapedBy: string,
  options: { fold?: (text: string) => string } = {},
): (text: string) => boolean {
  const key = `${options.fold === undefined ? '' : 'i'}${escapedBy}/${pattern}`;
  let found = patterns.get(key);
  if (!found) {
    const fold = options.fold ?? ((text: string) => text);
    const compiled = compile(fold(pattern), escapedBy);
    found = (text) => compiled.test(fold(text));
    if (patterns.size > 200) patterns.clear();
    patterns.set(key, found);
  }
  return found;
}

function compile(pattern: string, escapedBy: string): RegExp {
  const letters = [...pattern];
  let source = '';
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i]!;
    if (letter === escapedBy && i < letters.length - 1) source += quoted(letters[++i]!);
    else if (letter === '%') source += '.*';
    else source += letter === '_' ? '.' : quoted(letter);
  }
  return new RegExp(`^${source}$`, 'su');
}

function quoted(letter: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(letter) ? `\\${letter}` : letter;
}
