/**
 * The captured environment of a push: the variables that the code names and that are set here. An
 * empty value counts as set. `missing` lists the others; the code may not need them, or the server
 * may have its own.
 */
export function captureEnvironment(
  names: readonly string[],
  environment: Record<string, string | undefined> = process.env,
): { values: Record<string, string>; missing: string[] } {
  const values: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of names) {
    const value = environment[name];
    if (value === undefined) missing.push(name);
    else values[name] = value;
  }
  return { values, missing };
}
