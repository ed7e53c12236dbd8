/*
 * Which components an error came through. React reports no component stack for the components that Tailwind calls by itself,
 * so the caller notes them here, innermost first.
 */

const traces = new WeakMap<object, string[]>();

/** What `call` returns; an error it throws is remembered to have come through the component `type`. */
export function traceComponent<T>(type: unknown, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error) {
      const trace = traces.get(error);
      if (trace) trace.push(nameOf(type));
      else traces.set(error, [nameOf(type)]);
    }
    throw error;
  }
}

/** The components `error` came through, one `    at Name` a line as React writes them; empty when none is known. */
export function traceOf(error: unknown): string {
  const trace = error instanceof Error ? traces.get(error) : undefined;
  return (trace ?? []).map((name) => `\n    at ${name}`).join('');
}

function nameOf(type: unknown): string {
  if (typeof type === 'string') return type;
  const named = type as
    | { displayName?: string; name?: string; render?: { name?: string } }
    | null
    | undefined;
  return named?.displayName || named?.name || named?.render?.name || 'Anonymous';
}
