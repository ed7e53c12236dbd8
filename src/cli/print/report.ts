import { type ErrorCode, EXIT_CODE, messageOf, SegflowError } from '../../core/errors.ts';
import type { Problem } from '../../engine/ports/manifest.ts';
import { print, printError, terminalLog } from './output.ts';
import { formatProblems } from './problems.ts';
import { asSystemError } from './system-errors.ts';

/**
 * Reports an error to the user on stderr, or with `json` to the program (`{"error":{…}}` on
 * stderr). Returns the exit code.
 */
export async function report(error: unknown, json: boolean): Promise<number> {
  const failure = asSegflowError(error);
  const problems = problemsOf(failure);
  const { code, message, hint, details, retryable } = failure;
  if (json) {
    if (code === 'invalid_config')
      await print(JSON.stringify({ problems: problems ?? [{ path: '', message }] }));
    await printError(JSON.stringify({ error: { code, message, hint, details, retryable } }));
  } else {
    if (problems) await printError(formatProblems(problems));
    const log = await terminalLog();
    log.error(message);
    if (hint) log.info(hint);
    const more = details === undefined || problems ? '' : describe(details, message);
    if (more !== '') await printError(more);
    if (process.env.SEGFLOW_DEBUG && error instanceof Error) await printError(stackOf(error));
  }
  return EXIT_CODE[code] ?? 1;
}

function problemsOf(error: SegflowError): Problem[] | undefined {
  const { details } = error;
  return error.code === 'invalid_config' && Array.isArray(details) && details.length > 0
    ? (details as Problem[])
    : undefined;
}

function asSegflowError(error: unknown): SegflowError {
  if (SegflowError.is(error)) return error;
  // The client's errors carry the server's code; the operating system's errors carry their own.
  const { code, hint, details, retryable } = error as Record<string, unknown>;
  const text = messageOf(error);
  if (typeof code === 'string' && /^[a-z][a-z_]+$/.test(code)) {
    return new SegflowError(code as ErrorCode, text, {
      details,
      cause: error,
      ...(typeof hint === 'string' ? { hint } : {}),
      ...(typeof retryable === 'boolean' ? { retryable } : {}),
    });
  }
  const refused = asSystemError(error);
  if (refused) return refused;
  const system = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  return new SegflowError('internal', text, {
    cause: error,
    ...(system ? {} : { hint: 'Run it again with SEGFLOW_DEBUG=1 to see where it happened.' }),
  });
}

/**
 * Refused fields come from the server as `{ path, message }`, and are left out if `said` already
 * has them; anything else is shown unchanged.
 */
function describe(details: unknown, said: string): string {
  if (!Array.isArray(details))
    return typeof details === 'string' ? details : JSON.stringify(details, null, 2);
  return details
    .flatMap((item) => {
      const { path, message } = Object(item) as { path?: unknown; message?: unknown };
      if (typeof message !== 'string') return [`  ${JSON.stringify(item)}`];
      return said.includes(message) ? [] : [`  ${path ? `${path}: ` : ''}${message}`];
    })
    .join('\n');
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
