/** Where the engine reports what an operator should know. Never given addresses, attributes, keys or SQL parameters. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, cause?: unknown): void;
}
