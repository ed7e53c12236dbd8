// The areas of the suite: the folders of test/ that hold tests, and what each needs to run.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../../bin/setup.mjs';

/**
 * `needs`: what is prepared before the area runs. `byFile`: each file runs in a process of its own, for areas that take long.
 * `again`: the files that open a world (test/engine/world.ts) run once more on each of these servers, if its URL is there.
 * Areas that are not named here need nothing and run in one process each.
 */
const SETTINGS = {
  binary: { needs: ['mariadb', 'mysql'], byFile: true },
  package: { byFile: true },
  preview: { needs: ['chromium'], byFile: true },
  chaos: { needs: ['mariadb', 'mysql'], byFile: true },
  corpus: { needs: ['mariadb', 'mysql'] },
  engine: {
    needs: ['mariadb', 'mysql'],
    again: { mariadb: 'SEGFLOW_TEST_MARIADB_URL', mysql: 'SEGFLOW_TEST_MYSQL_URL' },
  },
  'sql-fuzz': { needs: ['mariadb', 'mysql'], byFile: true },
  store: { needs: ['mariadb', 'mysql'] },
  transfer: { needs: ['mariadb', 'mysql'], byFile: true },
};

const NOT_AREAS = new Set(['runner', 'databases', 'fixtures']);

/** Every area with tests, by name: `{ name, files, needs, byFile }`. */
export function findAreas() {
  const areas = [];
  for (const entry of readdirSync(join(ROOT, 'test'), { withFileTypes: true })) {
    if (!entry.isDirectory() || NOT_AREAS.has(entry.name)) continue;
    const files = testFiles(join(ROOT, 'test', entry.name));
    if (files.length > 0) areas.push({ name: entry.name, files, needs: [], ...SETTINGS[entry.name] });
  }
  return areas.sort((a, b) => a.name.localeCompare(b.name));
}

/** What the pool runs, given what was prepared: one entry a process, `{ name, files, env? }`, the long ones first. */
export function processesOf(areas, prepared) {
  const long = [];
  const short = [];
  for (const { name, files, byFile, again = {} } of areas) {
    const worlds = files.filter((file) => {
      const source = readFileSync(join(ROOT, file), 'utf8');
      return source.includes('engineWorld(') && !source.includes('On the embedded store only.');
    });
    for (const [store, url] of Object.entries(again)) {
      if (prepared[url])
        long.push({ name: `${name} on ${store}`, files: worlds, env: { SEGFLOW_TEST_STORE: store } });
    }
    if (!byFile) short.push({ name, files });
    else
      for (const file of files)
        long.push({
          name: `${name}/${file.replace(/^.*\//, '').replace(/\.test\.tsx?$/, '')}`,
          files: [file],
        });
  }
  return [...long, ...short];
}

// --- internal ---

function testFiles(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'fixtures')
      found.push(...testFiles(path));
    else if (/\.test\.tsx?$/.test(entry.name)) found.push(relative(ROOT, path));
  }
  return found.sort();
}
