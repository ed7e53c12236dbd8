type Maybe<T> = T | undefined | false | null;

/**
 * Resolves to the first truthy answer of `check`, asked again and again. Rejects, naming `what`, when there is none in time or when
 * `check` throws.
 */
export async function waitFor<T>(
  what: string,
  check: () => Maybe<T> | Promise<Maybe<T>>,
  { timeoutMs = 60_000, everyMs = 25 } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await check();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for: ${what}`);
    await Bun.sleep(everyMs);
  }
}
