import type { Problem } from '../../engine/ports/manifest.ts';
import type { PreviewState, RenderFailure } from '../api.ts';
import { byId, h, icon } from './dom.ts';

/** Draws why the current code shows nothing: it does not compile or load. */
export function brokenCard({ problems, project, items }: PreviewState): HTMLElement {
  const after =
    items.length > 0
      ? 'Below is how the email looked before. This page recovers as soon as the file is saved without the error.'
      : 'This page recovers as soon as the file is saved without the error.';
  return h(
    'section',
    { class: 'trouble', role: 'alert' },
    h(
      'header',
      {},
      icon('error'),
      h('div', {}, h('h2', {}, `${project.config} cannot be loaded`), h('p', {}, after)),
    ),
    h('ol', {}, ...problems.map(problemRow)),
  );
}

/** Draws an error that a template threw. */
export function failureCard({ message, stack, hint }: RenderFailure): HTMLElement {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return h(
    'section',
    { class: 'trouble', role: 'alert' },
    h('header', {}, icon('error'), h('div', {}, h('h2', {}, 'This email cannot be rendered'))),
    h('p', { class: 'message' }, plain(message)),
    hint !== undefined && h('p', { class: 'hint' }, hint),
    lines.length > 0 &&
      h(
        'pre',
        { class: 'stack', tabindex: 0 },
        ...lines.map((line) => h('span', { class: isFar(line) ? 'far' : '' }, line.trim())),
      ),
  );
}

/** Draws the problems that prevent a push, but not viewing the emails. */
export function drawProblems({ problems, broken }: PreviewState): void {
  const box = byId('problems');
  box.hidden = broken || problems.length === 0;
  if (box.hidden) return;
  const wasOpen = box.querySelector('details')?.open;
  const only = problems.every(({ path }) => path.startsWith('emailProvider'));
  const [first] = problems;
  const title =
    problems.length === 1 && first !== undefined
      ? `Before you push: ${pathOf(first)} ${plain(first.message)}`
      : `Before you push: ${problems.length} problems to fix`;
  const list = h('ol', {}, ...problems.map(problemRow));
  // A missing key does not matter to a designer; show anything else immediately where there is
  // room.
  const open = wasOpen ?? (!only && matchMedia('(min-width: 761px)').matches);
  const details = h('details', { open });
  details.append(h('summary', {}, icon('warning'), h('span', {}, title), icon('chevron', 'chevron')), list);
  box.replaceChildren(details);
}

// --- internal ---

// A problem's message continues its path: "campaigns.welcome.segments[0]" "unknown segment …".
function problemRow(problem: Problem): HTMLElement {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const path = pathOf(problem);
  return h(
    'li',
    { class: 'problem' },
    h('p', { class: 'what' }, path !== '' && h('code', {}, path), path !== '' && ' ', plain(problem.message)),
    place !== '' && h('p', { class: 'where' }, place),
    problem.hint !== undefined && h('p', { class: 'hint' }, problem.hint),
    problem.frame !== undefined && frame(problem.frame, problem.line),
  );
}

function pathOf({ path, file }: Problem): string {
  return path === file ? '' : path;
}

function frame(text: string, line: number | undefined): HTMLElement {
  const lines = plain(text).replace(/\n+$/, '').split('\n');
  const isHit = (row: string) => /^\s*>/.test(row) || Number(/^\s*(\d+)\s*\|/.exec(row)?.[1]) === line;
  return h(
    'pre',
    { class: 'frame', tabindex: 0 },
    ...lines.map((row) => h('span', { class: isHit(row) ? 'hit' : '' }, row)),
  );
}

// Frames of libraries and of Segflow itself are grey.
function isFar(line: string): boolean {
  return /node_modules|\(node:|\(native|<anonymous>|\$bunfs|\(\/|at \//.test(line) || !/:\d+/.test(line);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with one
const COLOURS = /\u001b\[[0-9;]*m/g;

function plain(text: string): string {
  return text.replace(COLOURS, '');
}
