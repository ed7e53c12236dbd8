/** What TypeScript of the repository uses of setup.mjs. */
export const ROOT: string;

/** The Bun that the lock file pins. */
export function bunPath(): string;

export interface CommandResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Standard output and error, as they came. */
  output: string;
  timedOut: boolean;
}

/** Runs a command to its end; its children end with it. */
export function run(
  command: string,
  args: string[],
  options?: {
    cwd?: string;
    env?: Record<string, string | undefined>;
    timeoutMs?: number;
    onOutput?: (text: string) => void;
  },
): Promise<CommandResult>;
