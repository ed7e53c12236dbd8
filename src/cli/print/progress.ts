import { isatty } from 'node:tty';

/**
 * A progress line on the terminal (stderr) that is overwritten as work proceeds; nothing without a
 * terminal.
 */
export function progressLine(): Disposable & { show(text: string): void; clear(): void } {
  const isSeen = isatty(2) && process.env.TERM !== 'dumb';
  let shown = '';
  const write = (text: string) => {
    if (!isSeen || text === shown) return;
    process.stderr.write(`\r${text}${' '.repeat(Math.max(0, shown.length - text.length))}`);
    shown = text;
  };
  const clear = () => {
    if (shown === '') return;
    write('');
    process.stderr.write('\r');
  };
  return { show: write, clear, [Symbol.dispose]: clear };
}

/** `copying  42%  (13.1 of 31.0 MB)` */
export function inBytes(what: string, done: number, total: number): string {
  return total > 0 ? `${share(what, done, total)}  (${megabytes(done)} of ${megabytes(total)} MB)` : what;
}

/** `events  42%  (420,000 of 1,000,000)` */
export function inRows(what: string, done: number, total: number): string {
  return total > 0
    ? `${share(what, done, total)}  (${done.toLocaleString('en')} of ${total.toLocaleString('en')})`
    : what;
}

function share(what: string, done: number, total: number): string {
  return `${what}  ${Math.floor((100 * done) / total)}%`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
