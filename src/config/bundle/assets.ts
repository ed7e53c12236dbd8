import { readFileSync } from 'node:fs';
import { extname, relative, resolve } from 'node:path';
import type { Problem } from '../../engine/ports/manifest.ts';
import { codeFrame } from '../source/code-frame.ts';

/** The inputs of Bun.build's metafile. */
export type BuildInputs = Record<
  string,
  { imports: { path: string; original?: string; external?: boolean; with?: Record<string, string> }[] }
>;

/** Imports of files that are no code and would have to lie beside the bundle: a server gets the bundle alone. */
export function assetProblems(inputs: BuildInputs, root: string): Problem[] {
  const problems: Problem[] = [];
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, original, external, with: attributes } of imports) {
      if (external || CODE.has(extname(path)) || INLINED.has(attributes?.type ?? '')) continue;
      problems.push(problem(relative(root, resolve(importer)), resolve(importer), original ?? path));
    }
  }
  return problems;
}

// --- internal ---

const CODE = new Set(
  '.ts .tsx .mts .cts .js .jsx .mjs .cjs .json .jsonc .json5 .toml .yaml .yml .txt .md'.split(' '),
);
const INLINED = new Set(['text', 'json', 'jsonc', 'json5', 'toml', 'yaml', 'md']);
const IMAGES = new Set('.png .jpg .jpeg .gif .svg .webp .avif .ico .bmp'.split(' '));

function problem(file: string, importer: string, specifier: string): Problem {
  const extension = extname(specifier);
  return {
    path: file,
    message: `imports "${specifier}", which is not code: only code is pushed, and an email carries no files`,
    hint: hintFor(specifier, extension),
    file,
    ...placeOf(specifier, importer),
  };
}

function hintFor(specifier: string, extension: string): string {
  if (IMAGES.has(extension)) return 'Put the image on a web server and give its URL to <Img src>.';
  if (/\.(css|scss|sass|less)$/.test(extension)) {
    return 'Style emails with the Tailwind component, or with style={{ … }}.';
  }
  return `To have its text in the bundle: import text from '${specifier}' with { type: 'text' }`;
}

function placeOf(specifier: string, importer: string): Pick<Problem, 'line' | 'column' | 'frame'> {
  const source = readFileSync(importer, 'utf8');
  const at = ["'", '"', '`'].map((quote) => source.indexOf(quote + specifier + quote)).find((i) => i >= 0);
  if (at === undefined) return {};
  const before = source.slice(0, at).split('\n');
  const line = before.length;
  const column = before.at(-1)!.length + 1;
  return { line, column, frame: codeFrame(source, line, column) };
}
