import { fstatSync } from 'node:fs';
import { styleText } from 'node:util';
import type { ConsolaInstance } from 'consola';

type Style = Parameters<typeof styleText>[0];

/**
 * Writes data to stdout. Resolves once the pipe or terminal accepted it; rejects (EPIPE, ENOSPC)
 * otherwise. Avoids process.stdout, because loading its streams takes longer than everything else
 * in `--help`.
 */
export async function print(text: string): Promise<void> {
  await Bun.write(Bun.stdout, text.endsWith('\n') ? text : `${text}\n`);
}

/** Prints JSON: one line for programs, indented on a terminal. */
export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value, null, isTerminal(1) ? 2 : 0));
}

/** Writes to stderr, for messages to people. */
export async function printError(text: string): Promise<void> {
  await Bun.write(Bun.stderr, text.endsWith('\n') ? text : `${text}\n`);
}

/** Colours `text` if stdout is a terminal that supports it (NO_COLOR, TERM=dumb). */
export function paint(style: Style, text: string): string {
  return wantsColour(1) ? styleText(style, text) : text;
}

/** Like `paint`, for stderr. */
export function paintError(style: Style, text: string): string {
  return wantsColour(2) ? styleText(style, text) : text;
}

let instance: ConsolaInstance | undefined;

/**
 * consola on stderr. Loaded on first use, because loading it takes longer than all of `--help` may
 * take.
 */
export async function terminalLog(): Promise<ConsolaInstance> {
  if (!instance) {
    const { createConsola } = await import('consola');
    // Nobody reads the messages; the command still completes.
    process.stderr.on('error', () => {});
    instance = createConsola({
      // Set explicitly: otherwise consola is silent under NODE_ENV=test.
      level: 3,
      fancy: wantsColour(2),
      stdout: process.stderr,
      stderr: process.stderr,
    } as Parameters<typeof createConsola>[0] & { fancy: boolean });
  }
  return instance;
}

/** Whether file descriptor 1 or 2 is a terminal. */
function wantsColour(descriptor: number): boolean {
  return !process.env.NO_COLOR && process.env.TERM !== 'dumb' && isTerminal(descriptor);
}

function isTerminal(descriptor: number): boolean {
  try {
    // Usually stdout is a pipe or a file, which fstat can tell without loading node:tty.
    return fstatSync(descriptor).isCharacterDevice() && require('node:tty').isatty(descriptor);
  } catch {
    // The descriptor is closed.
    return false;
  }
}
