import { SegflowError } from '../../core/errors.ts';

/**
 * Asks the user at the terminal; the question goes to stderr. An empty answer returns `preset`. A
 * `secret` answer is not echoed. Throws `invalid_input` without a terminal.
 */
export async function ask(
  question: string,
  options: { preset?: string; secret?: boolean } = {},
): Promise<string> {
  const { preset, secret = false } = options;
  if (!process.stdin.isTTY) {
    throw new SegflowError('invalid_input', `${question} is not given, and there is no terminal to ask on`, {
      hint: 'Give it as a flag; see segflow login --help.',
    });
  }
  const { createInterface } = await import('node:readline');
  const { Writable } = await import('node:stream');
  process.stderr.write(`${question}${preset ? ` (${preset})` : ''}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: secret ? silent : process.stderr,
    terminal: secret,
  });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new SegflowError('invalid_input', 'cancelled')));
      lines.once('close', () => reject(new SegflowError('invalid_input', 'no answer')));
    });
    return answer.trim() || preset || '';
  } finally {
    lines.close();
    if (secret) process.stderr.write('\n');
  }
}

export async function readStdin(): Promise<string> {
  return Bun.stdin.text();
}
