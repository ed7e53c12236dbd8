import { fstatSync } from 'node:fs';
import { styleText } from 'node:util';
import type { ConsolaInstance } from 'consola';

type Style = Parameters<typeof styleText>[0];

/**
 * Writes data to stdout; resolves once the pipe or terminal took it, rejects (EPIPE, ENOSPC) when it does not. Not through
 * process.stdout: loading its streams takes longer than all else that `--help` does.
 */
export async function print(text: string): Promise<void> {
  await Bun.write(Bun.stdout, text.endsWith('\n') ? text : `${text}\n`);
}

/** Data for programs: one line, or indented where a person looks. */
export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value, null, isTerminal(1) ? 2 : 0));
}

/** Writes to stderr, where messages for people go. */
export async function printError(text: string): Promise<void> {
  await Bun.write(Bun.stderr, text.endsWith('\n') ? text : `${text}\n`);
}

/** `text` in colour where stdout is a terminal that wants it (NO_COLOR, TERM=dumb). */
export function paint(style: Style, text: string): string {
  return wantsColour(1) ? styleText(style, text) : text;
}

/** The same for stderr. */
export function paintError(style: Style, text: string): string {
  return wantsColour(2) ? styleText(style, text) : text;
}

let instance: ConsolaInstance | undefined;

/** consola on stderr. Loaded on first use: it takes longer to load than `--help` may take altogether. */
export async function terminalLog(): Promise<ConsolaInstance> {
  if (!instance) {
    const { createConsola } = await import('consola');
    // Nobody reads the messages: what is done is done all the same.
    process.stderr.on('error', () => {});
    instance = createConsola({
      // Said outright: consola falls silent under NODE_ENV=test otherwise.
      level: 3,
      fancy: wantsColour(2),
      stdout: process.stderr,
      stderr: process.stderr,
    } as Parameters<typeof createConsola>[0] & { fancy: boolean });
  }
  return instance;
}

/** Of file descriptor 1 or 2. */
function wantsColour(descriptor: number): boolean {
  return !process.env.NO_COLOR && process.env.TERM !== 'dumb' && isTerminal(descriptor);
}

function isTerminal(descriptor: number): boolean {
  try {
    // Most often it is a pipe or a file, which is told without loading node:tty.
    return fstatSync(descriptor).isCharacterDevice() && require('node:tty').isatty(descriptor);
  } catch {
    // Closed.
    return false;
  }
}
