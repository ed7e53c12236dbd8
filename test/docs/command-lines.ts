import { type Block, blocksOf } from './pages.ts';

/** A `segflow` command of a shell example, with the words of its arguments. */
export interface CommandLine {
  block: Block;
  /** The line as it is written. */
  line: string;
  /** Without `segflow` itself. */
  words: string[];
}

/** The segflow commands of the `sh` blocks of a page, in order. */
export function commandLinesOf(page: string): CommandLine[] {
  return blocksOf(page)
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => block.text.split('\n').flatMap((line) => commandsIn(line, block)));
}

/** The segflow commands of one line of a shell. */
export function commandsIn(line: string, block: Block): CommandLine[] {
  return partsOf(line).flatMap((part) => {
    // Variables before a command are its environment.
    const start = part.findIndex((word) => !/^[A-Z_]+=/.test(word));
    return part[start] === 'segflow' ? [{ block, line, words: part.slice(start + 1) }] : [];
  });
}

// --- internal ---

/**
 * The words of each command of a line, as a shell divides it: by &&, | and redirections, with quotes, without a comment. Enough
 * for the examples; a backslash or a substitution has no meaning here.
 */
function partsOf(line: string): string[][] {
  const parts: string[][] = [[]];
  const token = /\s*(#.*$|&&|\||[<>].*$|(?:'[^']*'|"[^"]*"|[^\s'"])+)/gy;
  for (const [, text = ''] of line.matchAll(token)) {
    if (/^[#<>]/.test(text)) break;
    if (text === '&&' || text === '|') parts.push([]);
    else parts.at(-1)!.push(text.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return parts.filter((part) => part.length > 0);
}
