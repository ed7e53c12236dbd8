// Loaded before every test file (bunfig.toml). When a test fails and something then fails to end, `await using` throws a SuppressedError,
// which has no message of its own: Bun would show that one word, and neither of the errors in it.
Object.defineProperty(SuppressedError.prototype, 'message', {
  configurable: true,
  get(this: SuppressedError) {
    return `${textOf(this.suppressed)}\n\nand then, at the end: ${textOf(this.error)}`;
  },
  // Whoever gives it a message means it.
  set(this: SuppressedError, value: string) {
    Object.defineProperty(this, 'message', { value, configurable: true, writable: true });
  },
});

function textOf(error: unknown): string {
  if (error instanceof SuppressedError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export {};
