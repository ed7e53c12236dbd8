/*
 * Records the components that an error came through. React reports no component stack for the
 * components that Tailwind itself calls, so the caller notes them here, innermost first.
 */

const traces = new WeakMap<object, string[]>();

/** Returns the result of `call`; records the component `type` on an error that it throws. */
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

/**
 * The components that `error` came through, one `    at Name` a line as React writes them; empty if
 * none is known.
 */
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
