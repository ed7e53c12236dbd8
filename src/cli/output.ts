import { styleText } from 'node:util';
import type { ConsolaInstance } from 'consola';

type Style = Parameters<typeof styleText>[0];

/** Writes data to stdout; resolves once the pipe or terminal took it. */
export function print(text: string): Promise<void> {
  return write(process.stdout, text.endsWith('\n') ? text : `${text}\n`);
}

/** Data for programs: one line, or indented where a person looks. */
export function printJson(value: unknown): Promise<void> {
  return print(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0));
}

/** Writes to stderr, where messages for people go. */
export function printError(text: string): Promise<void> {
  return write(process.stderr, text.endsWith('\n') ? text : `${text}\n`);
}

/** `text` in colour where stdout is a terminal that wants it (NO_COLOR, TERM=dumb). */
export function paint(style: Style, text: string): string {
  return wantsColour(process.stdout) ? styleText(style, text) : text;
}

/** The same for stderr. */
export function paintError(style: Style, text: string): string {
  return wantsColour(process.stderr) ? styleText(style, text) : text;
}

let instance: ConsolaInstance | undefined;

/** consola on stderr. Loaded on first use: it takes longer to load than `--help` may take altogether. */
export async function messages(): Promise<ConsolaInstance> {
  if (!instance) {
    const { createConsola } = await import('consola');
    instance = createConsola({
      // Said outright: consola falls silent under NODE_ENV=test otherwise.
      level: 3,
      fancy: wantsColour(process.stderr),
      stdout: process.stderr,
      stderr: process.stderr,
    } as Parameters<typeof createConsola>[0] & { fancy: boolean });
  }
  return instance;
}

function wantsColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}
