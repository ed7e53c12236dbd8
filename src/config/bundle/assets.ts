import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import type { Problem } from '../../engine/ports/manifest.ts';
import { codeFrame } from '../source/code-frame.ts';
import type { SourceImport } from '../source/source-code.ts';
import { hostModuleOf } from './host-imports.ts';

/** The inputs of Bun.build's metafile. */
export type BuildInputs = Record<
  string,
  { imports: { path: string; original?: string; external?: boolean; with?: Record<string, string> }[] }
>;

/**
 * Leaves out imports of files that are not code, for their side effect. The bundler would read
 * them, and whatever a stylesheet imports.
 */
export const withoutSideEffects: Bun.BunPlugin = {
  name: 'without-side-effects',
  setup(builder) {
    builder.onResolve({ filter: ASSET }, async ({ path, importer }) => {
      const { importsInSource } = await import('../source/source-code.ts');
      const text = await Bun.file(importer).text();
      const found = importsInSource(text, importer).filter((it) => it.specifier === path);
      const isWanted = found.length === 0 || found.some((it) => !it.isForSideEffect);
      return isWanted || !exists(path, importer) ? undefined : { path, namespace: LEFT_OUT };
    });
    builder.onLoad({ filter: /./, namespace: LEFT_OUT }, () => ({ contents: '', loader: 'js' }));
  },
};

/**
 * Finds imports of files that are not code and would have to be next to the bundle, which is all
 * that a server receives. Imports whose value is used are problems. `import './globals.css'` does
 * nothing for an email: it is left out, with a warning.
 */
export async function checkAssets(
  inputs: BuildInputs,
  root: string,
): Promise<{ problems: Problem[]; warnings: Problem[] }> {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const [input, { imports }] of Object.entries(inputs)) {
    const assets = imports.filter((it) => !it.external && isAsset(it.path, it.with?.type));
    if (assets.length === 0) continue;
    const importer = resolve(input);
    const source = readFileSync(importer, 'utf8');
    const { importsInSource } = await import('../source/source-code.ts');
    const written = importsInSource(source, importer);
    for (const specifier of new Set(assets.map(({ original, path }) => original ?? path))) {
      const found = written.filter((it) => it.specifier === specifier);
      const used = found.find((it) => !it.isForSideEffect);
      const place = used ?? found[0];
      const asset = { specifier, file: relative(root, importer), source, place };
      if (place && !used) warnings.push(warning(asset));
      else problems.push(problem(asset));
    }
  }
  return { problems, warnings };
}

// --- internal ---

const LEFT_OUT = 'segflow-left-out';
/** Files of styles, images and fonts. A plugin that looks at the import of a .html file changes what Bun makes of it. */
const ASSET = /\.(?:css|pcss|scss|sass|less|styl|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot)$/i;
const CODE = new Set(
  '.ts .tsx .mts .cts .js .jsx .mjs .cjs .json .jsonc .json5 .toml .yaml .yml .txt .md'.split(' '),
);
/** Ways to import a file as data. */
const INLINED = new Set(['text', 'json', 'jsonc', 'json5', 'toml', 'yaml', 'md']);
const IMAGES = new Set('.png .jpg .jpeg .gif .svg .webp .avif .ico .bmp'.split(' '));
const STYLES = new Set('.css .pcss .scss .sass .less .styl'.split(' '));

/** Looks for the file itself; a package that maps it to another name is left to the bundler. */
function exists(specifier: string, importer: string): boolean {
  const folder = dirname(importer);
  if (specifier.startsWith('.')) return existsSync(resolve(folder, specifier));
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', specifier))) return true;
    if (at === dirname(at)) return false;
  }
}

interface Asset {
  specifier: string;
  /** The importer. */
  file: string;
  source: string;
  place: SourceImport | undefined;
}

/** A file without an extension is code as well: some packages have them. */
function isCode(path: string): boolean {
  const extension = extname(path);
  return extension === '' || CODE.has(extension);
}

function isAsset(path: string, type = ''): boolean {
  if (path.startsWith(`${LEFT_OUT}:`)) return true;
  const isModule = path.startsWith('bun:') || path.startsWith('node:') || hostModuleOf(path) !== undefined;
  return !isModule && !isCode(path) && !INLINED.has(type);
}

function problem(asset: Asset): Problem {
  return {
    path: asset.file,
    message: `imports "${asset.specifier}", which is not code: only code is pushed, and an email carries no files`,
    hint: hintFor(asset.specifier),
    ...placeOf(asset),
  };
}

function warning(asset: Asset): Problem {
  return {
    path: asset.file,
    message: `"${asset.specifier}" is not code and is left out: an email carries no files`,
    hint: STYLES.has(extname(asset.specifier)) ? hintFor(asset.specifier) : 'Remove the import.',
    ...placeOf(asset),
  };
}

function hintFor(specifier: string): string {
  const extension = extname(specifier);
  if (IMAGES.has(extension)) return 'Put the image on a web server and give its URL to <Img src>.';
  if (STYLES.has(extension)) return 'Style emails with the Tailwind component, or with style={{ … }}.';
  return `To have its text in the bundle: import text from '${specifier}' with { type: 'text' }`;
}

function placeOf({ file, source, place }: Asset): Pick<Problem, 'file' | 'line' | 'column' | 'frame'> {
  if (!place) return { file };
  const { line, column } = place;
  return { file, line, column, frame: codeFrame(source, line, column) };
}
