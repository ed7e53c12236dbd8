/**
 * The values that code pushed from here goes along with: of the variables it names, those that are set. An empty value counts as
 * set. `missing` are the others; the code may do without them, or the server may have its own.
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
