import { paint } from './output.ts';

/**
 * Formats rows under their headings, each column as wide as its widest cell. Without rows, only the
 * headings.
 */
export function table(headings: string[], rows: string[][]): string {
  const widths = headings.map((heading, column) =>
    Math.max(widthOf(heading), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (cells: string[]) =>
    cells.map((cell, column) => cell + ' '.repeat(widths[column]! - widthOf(cell))).join('  ');
  const head = paint('dim', line(headings).trimEnd());
  return [head, ...rows.map((row) => line(row).trimEnd())].join('\n');
}

/** Text of other people in one line of a terminal: no line breaks, no control characters, at most `width` columns. */
export function cell(text: string, width = 60): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ');
  if (widthOf(flat) <= width) return flat;
  let short = '';
  for (const { segment } of new Intl.Segmenter().segment(flat)) {
    if (widthOf(short + segment) > width - 1) break;
    short += segment;
  }
  return `${short}…`;
}

/** An ISO time as the reader's local one: `2024-05-01 14:03:09`. */
export function localTime(iso: string | null | undefined): string {
  if (!iso) return '';
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Terminal columns; colour codes take none, East Asian characters and emoji two. */
function widthOf(text: string): number {
  return Bun.stringWidth(text);
}
