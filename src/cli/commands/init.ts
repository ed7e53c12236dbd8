import { relative } from 'node:path';
import { defineCommand } from 'citty';
import { about } from '../command-line/about.ts';
import { print, printJson, terminalLog } from '../print/output.ts';

export default defineCommand({
  meta: about({
    name: 'init',
    usage: '[dir]',
    description: 'Make a project: a config, four emails, .env, tsconfig, AGENTS.md',
    notes: ['If a file exists with other content, init names it and writes nothing.'],
    examples: ['segflow init', 'segflow init shop'],
  }),
  args: {
    dir: { type: 'positional', required: false, description: 'The folder (default: this one)' },
    force: { type: 'boolean', description: 'Replace files that exist' },
    json: { type: 'boolean', description: 'Print the result as JSON' },
  },
  async run({ args }) {
    const { scaffold } = await import('../project/scaffold.ts');
    const { folder, written, unchanged } = await scaffold(args.dir ?? '.', { force: args.force === true });
    if (args.json) return printJson({ folder, written, unchanged });
    const log = await terminalLog();
    if (written.length === 0) return log.success(`Nothing to do: ${folder} holds this project already`);
    log.success(`Wrote ${written.length} files to ${folder}`);
    await print(nextSteps(folder));
  },
});

// --- internal ---

function nextSteps(folder: string): string {
  const path = relative(process.cwd(), folder);
  const enter = path.startsWith('..') ? folder : path;
  return [
    'Next:',
    ...(enter === '' ? [] : [`  cd ${/^[\w./-]+$/.test(enter) ? enter : JSON.stringify(enter)}`]),
    '  segflow serve --outbox outbox      # in a second terminal: mail becomes files, nothing is sent',
    '  segflow push',
    '  segflow add ada username=Ada email=ada@example.com --wait',
    '  segflow messages',
    '',
    'segflow preview shows the emails; README.md and AGENTS.md say the rest.',
  ].join('\n');
}
