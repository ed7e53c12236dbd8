import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executable } from '../test/helpers/executable.ts';
import { type Bench, interleaved, median, timed } from './measure.ts';

/** How long `--help` and a refused command take, compared with an executable that does nothing. */
const bench: Bench = async ({ quick }) => {
  const folder = mkdtempSync(join(tmpdir(), 'segflow-bench-'));
  try {
    const noop = await compileNoop(folder);
    const segflow = await executable();
    const results = await interleaved(quick ? 7 : 25, {
      noop: () => startOf([noop]),
      help: () => startOf([segflow, '--help']),
      version: () => startOf([segflow, '--version']),
    });
    const base = median(results.noop);
    const ratio = (times: number[]) => median(times.map((time, round) => time / results.noop[round]!));
    return [
      { name: 'compiled no-op', value: base, unit: 'ms' },
      { name: '--help', value: median(results.help), unit: 'ms' },
      { name: '--help / no-op', value: ratio(results.help), unit: '×', note: 'to stay below 3' },
      { name: '--version / no-op', value: ratio(results.version), unit: '×' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export default bench;

// --- internal ---

async function compileNoop(folder: string): Promise<string> {
  const source = join(folder, 'noop.ts');
  const outfile = join(folder, 'noop');
  writeFileSync(source, "console.log('nothing');\n");
  await Bun.build({
    entrypoints: [source],
    target: 'bun',
    minify: true,
    bytecode: true,
    compile: { outfile },
  });
  return outfile;
}

function startOf(command: string[]): Promise<number> {
  return timed(async () => {
    const code = await Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }).exited;
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  });
}
