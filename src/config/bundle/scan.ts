import { type AnyNode, parse } from 'acorn';
import { full } from 'acorn-walk';
import type { Problem } from '../../engine/ports/manifest.ts';
import { codeFrame } from '../source/code-frame.ts';
import { isInstalled, type RawSourceMap, type SourcePlace, SourceTracer } from '../source/source-map.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { environmentNames } from './environment-names.ts';

/** A placeholder for the folder of a source file, which does not exist on the server. */
export const NO_FOLDER = '/segflow-has-no-folder';

/** Parses a bundle as code, so that comments and strings do not count. */
export async function scanBundle(
  body: string,
  map: RawSourceMap,
  isProvided: (module: string) => boolean,
): Promise<{ environmentNames: string[]; problems: Problem[] }> {
  const program = parse(body, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  const tracer = new SourceTracer(map);
  const ownPlace = (node: AnyNode): SourcePlace | undefined => {
    const place = tracer.trace(node.loc!.start.line, node.loc!.start.column);
    return place && !isInstalled(place.file) ? place : undefined;
  };
  const problems: Problem[] = [];

  for (const { key, node, path } of duplicateKeys(program)) {
    const place = ownPlace(node);
    if (!place) continue;
    problems.push({
      path,
      message: `"${key}" stands twice in the same object; only the last one would count`,
      hint: 'Rename one of the two, or remove it.',
      ...at(await ofKey(place, key)),
    });
  }

  full(program, (node) => {
    const what = readsFolder(node);
    const place = what === undefined ? undefined : ownPlace(node);
    if (!place) return;
    problems.push({
      path: place.file,
      message: `uses ${what}, but the code runs on a server that has the bundle alone, not the project's files`,
      hint: "To have a file's text in the bundle: import text from './file.txt' with { type: 'text' }",
      ...at(place),
    });
  });

  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration') continue;
    const module = String(statement.source.value);
    if (isProvided(module) || module === 'bun' || module.startsWith('bun:')) continue;
    const place = ownPlace(statement);
    problems.push({
      path: place?.file ?? '',
      message: `imports "${module}", which cannot be part of the bundle`,
      hint: 'Install it as a package, or copy it into the project.',
      ...(place && at(place)),
    });
  }
  return { environmentNames: environmentNames(program, (node) => ownPlace(node) !== undefined), problems };
}

// --- internal ---

function at({ file, line, column, source }: SourcePlace) {
  return { file, line, column, frame: codeFrame(source, line, column) };
}

function readsFolder(node: AnyNode): string | undefined {
  if (node.type === 'Literal' && node.value === NO_FOLDER) return '__dirname or __filename';
  if (node.type !== 'MemberExpression' || node.object.type !== 'MetaProperty') return undefined;
  const name = node.property.type === 'Identifier' ? node.property.name : '';
  return FOLDER_PROPERTIES.has(name) ? `import.meta.${name}` : undefined;
}

const FOLDER_PROPERTIES = new Set(['dir', 'dirname', 'file', 'filename', 'path', 'url']);

/** Source maps place an expression, not always its key. */
async function ofKey(place: SourcePlace, key: string): Promise<SourcePlace> {
  const { keyInSource } = await import('../source/source-code.ts');
  return { ...place, ...keyInSource(place.source, { file: place.file, key, from: place }) };
}
