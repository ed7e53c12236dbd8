const CONTEXT = 2;
const MAX_WIDTH = 160;

/** The lines around a place in `source`, numbered, with a caret under the column. Lines and columns are counted from 1. */
export function codeFrame(source: string, line: number, column: number): string {
  const lines = source.split(/\r?\n/);
  const from = Math.max(1, line - CONTEXT);
  const to = Math.min(lines.length, line + CONTEXT);
  const width = String(to).length;
  const frame: string[] = [];
  for (let n = from; n <= to; n++) {
    const text = lines[n - 1]!.slice(0, MAX_WIDTH);
    frame.push(`${n === line ? '>' : ' '} ${String(n).padStart(width)} | ${text}`.trimEnd());
    if (n === line && column <= MAX_WIDTH) {
      // Tabs are kept, so that the caret is under its column for every tab width.
      const indent = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
      frame.push(`  ${' '.repeat(width)} | ${indent}^`);
    }
  }
  return frame.join('\n');
}
