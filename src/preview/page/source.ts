import { h } from './dom.ts';

/** Marks the tags, attributes and comments in lines of HTML; one element a line. */
export function sourceLines(source: string): HTMLElement[] {
  const rows: HTMLElement[] = [];
  let row = newRow(rows);
  for (const [kind, text] of tokens(source)) {
    text.split('\n').forEach((part, i) => {
      if (i > 0) {
        row.append('\n');
        row = newRow(rows);
      }
      if (part !== '') row.append(kind === 'text' ? part : h('span', { class: kind }, part));
    });
  }
  return rows;
}

// --- internal ---

type Kind = 'text' | 'tag' | 'attr' | 'value' | 'comment';

const TOKEN = /<!--[\s\S]*?-->|<![^>]*>|<\/?[a-zA-Z][\w:-]*|\/?>/g;
const ATTRIBUTE = /([^\s"'=<>/]+)(\s*=\s*)?("[^"]*"|'[^']*'|[^\s"'>]+)?/g;

function* tokens(source: string): Generator<[Kind, string]> {
  let at = 0;
  let inTag = false;
  for (const match of source.matchAll(TOKEN)) {
    const token = match[0];
    const isComment = token.startsWith('<!');
    const opens = token.startsWith('<') && !isComment;
    // A ">" in text, or a "<" in a quoted value, belongs to the surrounding text or value.
    if (inTag !== (token === '>' || token === '/>')) continue;
    if (inTag && quoteIsOpen(source.slice(at, match.index))) continue;
    const between = source.slice(at, match.index);
    if (inTag) yield* attributes(between);
    else if (between !== '') yield ['text', between];
    yield [isComment ? 'comment' : 'tag', token];
    if (!isComment) inTag = opens;
    at = match.index + token.length;
  }
  yield ['text', source.slice(at)];
}

function* attributes(text: string): Generator<[Kind, string]> {
  let at = 0;
  for (const { 0: whole, 1: name = '', 2: equals = '', 3: value = '', index } of text.matchAll(ATTRIBUTE)) {
    yield ['text', text.slice(at, index)];
    yield ['attr', name];
    yield ['text', equals];
    yield ['value', value];
    at = index + whole.length;
  }
  yield ['text', text.slice(at)];
}

function quoteIsOpen(text: string): boolean {
  return (text.match(/"/g)?.length ?? 0) % 2 === 1;
}

function newRow(rows: HTMLElement[]): HTMLElement {
  const row = h('span', { class: 'row' });
  rows.push(row);
  return row;
}
