/*
 * Writes the history of every historic flow that has none yet of this version: `bun test/flow/record-histories.ts 1.2.3`. What is
 * there is never written again: it stands for runs of people in the midst of their flows.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HISTORIC_FLOWS } from './historic-flows.ts';
import { FOLDER, recordHistory } from './histories.ts';

const version = process.argv[2];
if (!version) throw new Error('which version of Segflow is this?');
for (const name of Object.keys(HISTORIC_FLOWS)) {
  const file = join(FOLDER, `${version}-${name.replaceAll(' ', '-')}.json`);
  if (existsSync(file)) continue;
  writeFileSync(file, `${JSON.stringify(await recordHistory(name, version), null, 2)}\n`);
  console.log(file);
}
