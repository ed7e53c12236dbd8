import { expect, test } from 'bun:test';
import { findCycles, type Import, readSources, type SourceFile } from './imports.ts';

const PORTS = 'engine/ports';

/** Which other folders (or folders in them, or files) of src each may import. What is missing here may import nothing of the others. */
const ALLOWED: Record<string, string[]> = {
  core: [],
  protocol: ['core'],
  schema: ['core'],
  // The only reader of SQL.
  sql: ['core', 'schema'],
  flow: ['core'],
  client: ['core', 'protocol'],
  email: ['core', PORTS],
  config: ['core', 'flow', 'schema', 'sql', 'email', 'client', PORTS],
  host: ['core', 'flow', 'config', 'email', PORTS],
  engine: ['core', 'flow', 'schema', 'sql', 'protocol'],
  store: ['core', 'schema', 'sql', PORTS],
  server: ['core', 'protocol', 'flow', 'engine', 'bind.ts'],
  preview: ['core', 'config', 'host', 'bind.ts', PORTS],
  'bind.ts': ['core'],
  'secret-file.ts': ['core'],
  'instance-secret.ts': ['core', 'engine', 'secret-file.ts'],
  transfer: ['core', 'schema', 'store', 'engine'],
  'app.ts': [
    'core',
    'email',
    'engine',
    'host',
    'server',
    'store',
    'transfer',
    'secret-file.ts',
    'instance-secret.ts',
  ],
  cli: [
    'core',
    'protocol',
    'client',
    'config',
    'host',
    'store',
    'preview',
    'transfer',
    'testing',
    'app.ts',
    PORTS,
  ],
  // Wires an engine of its own, in memory and on simulated time.
  testing: ['core', 'schema', 'sql', 'flow', 'config', 'email', 'engine', 'host', 'store'],
  'index.ts': ['core', 'config', 'flow'],
};

/**
 * The rooms of a folder, from the lowest to the highest, with the rooms of the same folder that each may import. `.` stands for
 * the files beside the rooms. A room that is missing here fails the test.
 */
const ROOMS: Record<string, Record<string, string[]>> = {
  engine: {
    ports: [],
    cluster: ['ports'],
    quarantine: ['ports'],
    rules: ['ports'],
    waits: ['ports'],
    ingest: ['waits', 'ports'],
    deployments: ['ingest', 'rules', 'cluster', 'ports'],
    mail: ['deployments', 'rules', 'quarantine', 'cluster', 'ports'],
    runs: ['deployments', 'ingest', 'waits', 'rules', 'quarantine', 'cluster', 'ports'],
    segments: ['deployments', 'waits', 'rules', 'cluster', 'ports'],
    plan: ['deployments', 'waits', 'rules', 'ports'],
    '.': ['plan', 'segments', 'runs', 'mail', 'deployments', 'ingest', 'cluster', 'ports'],
    explain: ['.', 'deployments', 'waits', 'rules', 'ports'],
  },
  config: {
    '.': [],
    source: [],
    'host-modules': ['.'],
    bundle: ['host-modules', 'source'],
    queries: ['.'],
    inspect: ['queries', 'source', '.'],
  },
  flow: { commands: [], journal: ['commands'], activation: ['journal', 'commands'] },
  host: { wire: [], child: ['wire'], pool: ['wire'] },
  sql: {
    '.': [],
    parse: ['.'],
    resolve: ['.'],
    types: ['.'],
    read: ['parse', 'resolve', 'types', '.'],
    facts: ['read', 'resolve', '.'],
    sqlite: ['read', 'types', '.'],
    mariadb: ['read', 'types', '.'],
    mysql: ['read', 'types', '.'],
  },
  store: {
    driver: [],
    statements: ['driver'],
    sqlite: ['driver'],
    mysql: ['driver'],
    '.': ['mysql', 'sqlite', 'statements', 'driver'],
  },
  server: {
    backend: [],
    http: ['backend'],
    routes: ['http', 'backend'],
    '.': ['routes', 'http', 'backend'],
  },
  cli: {
    print: [],
    'command-line': ['print'],
    connect: ['command-line', 'print'],
    project: ['connect', 'command-line'],
    commands: ['project', 'connect', 'command-line', 'print'],
    '.': ['commands', 'command-line', 'print'],
  },
};

const sources = readSources('src');

test('there is something to look at, and imports of every kind are seen', () => {
  expect(sources.length).toBeGreaterThan(50);
  const all = sources.flatMap((source) => source.imports);
  expect(all.some((it) => it.typeOnly && it.file)).toBe(true);
  expect(all.some((it) => it.dynamic && it.file)).toBe(true);
  expect(all.some((it) => !it.file)).toBe(true);
});

test('imports go in the allowed directions', () => {
  const wrong = sources.flatMap((source) =>
    source.imports
      .filter((it) => it.file?.startsWith('src/') && !isAllowed(source, it))
      .map((it) => `${source.path} imports ${it.file}`),
  );
  expect(wrong).toEqual([]);
});

test('the rooms of a folder import one another in the allowed directions', () => {
  const wrong = sources.flatMap((source) => {
    const rooms = ROOMS[areaOf(source.path)];
    if (!rooms) return [];
    const from = roomOf(source.path);
    if (!rooms[from]) return [`${source.path} stands in a room that the test does not know`];
    return source.imports
      .filter((it) => it.file && areaOf(it.file) === areaOf(source.path))
      .filter((it) => roomOf(it.file!) !== from && !rooms[from]!.includes(roomOf(it.file!)))
      .map((it) => `${source.path} imports ${it.file}`);
  });
  expect(wrong).toEqual([]);
});

test('the pure folders import no packages of the store or of React', () => {
  const pure = sources.filter((source) => ['core', 'flow'].includes(areaOf(source.path)));
  const packages = pure.flatMap((source) =>
    source.imports
      .filter((it) => !it.file && !it.typeOnly)
      .map((it) => `${source.path} imports ${it.specifier}`),
  );
  expect(packages).toEqual([]);
});

test('only the command line and the composition root leave the folder of the sources', () => {
  const outside = sources.flatMap((source) =>
    source.imports
      .filter((it) => it.file && !it.file.startsWith('src/') && !['cli'].includes(areaOf(source.path)))
      .map((it) => `${source.path} imports ${it.file}`),
  );
  expect(outside).toEqual([]);
});

test('there are no cycles, not even of types', () => {
  expect(findCycles(sources, () => true).map((cycle) => cycle.join(' → '))).toEqual([]);
});

test('a cycle would be found', () => {
  const file = (path: string, to: string): SourceFile => ({
    path,
    text: '',
    imports: [{ specifier: to, file: to, typeOnly: true, dynamic: false }],
  });
  expect(findCycles([file('a.ts', 'b.ts'), file('b.ts', 'c.ts'), file('c.ts', 'b.ts')], () => true)).toEqual([
    ['b.ts', 'c.ts', 'b.ts'],
  ]);
});

test('no source file imports the published entry', () => {
  const importers = [...sources, ...readSources('bin')].filter((source) =>
    source.imports.some((it) => it.file === 'src/index.ts'),
  );
  expect(importers.map((source) => source.path)).toEqual([]);
});

test('the client SDK imports nothing at run time but its own files', async () => {
  const foreign = sources
    .filter((source) => areaOf(source.path) === 'client')
    .flatMap((source) =>
      source.imports
        .filter((it) => !it.typeOnly && !it.file?.startsWith('src/client/'))
        .map((it) => `${source.path} imports ${it.specifier}`),
    );
  expect(foreign).toEqual([]);
  const built = await Bun.build({
    entrypoints: ['src/client/sdk.ts'],
    target: 'browser',
    packages: 'external',
  });
  const code = await built.outputs[0]!.text();
  expect(code).toContain('Client');
  expect(new Bun.Transpiler({ loader: 'js' }).scanImports(code)).toEqual([]);
});

// --- internal ---

/** `core` of src/core/ids.ts; `app.ts` of src/app.ts. */
function areaOf(path: string): string {
  return path.split('/')[1]!;
}

/** `ports` of src/engine/ports/store.ts; `.` of src/engine/engine.ts. */
function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 3 ? parts[2]! : '.';
}

function isAllowed(source: SourceFile, { file = '' }: Import): boolean {
  const from = areaOf(source.path);
  const to = areaOf(file);
  return (
    from === to ||
    (ALLOWED[from] ?? []).some(
      (allowed) => allowed === to || `src/${allowed}` === file || file.startsWith(`src/${allowed}/`),
    )
  );
}
