import { type ErrorCode, messageOf, SegflowError } from '../../core/errors.ts';

/**
 * Converts an operating system error about a file or folder into an error with a hint; undefined
 * for any other error.
 */
export function asSystemError(error: unknown): SegflowError | undefined {
  const [code, hint] = MEANINGS[String((error as { code?: unknown }).code)] ?? [];
  return code && new SegflowError(code, messageOf(error), { hint: hint!, cause: error });
}

const OWNER = 'Run the command as the user who owns that file or folder, or choose another place.';
const SPACE = 'Free space on that disk, then run the command again.';
const FILE_IN_THE_WAY = 'There is a file where a folder is needed: choose another place.';

const MEANINGS: Record<string, [code: ErrorCode, hint: string]> = {
  EACCES: ['invalid_input', OWNER],
  EPERM: ['invalid_input', OWNER],
  EROFS: ['invalid_input', 'That file system is read-only: choose another place.'],
  ENOENT: ['invalid_input', 'Check the path.'],
  ENOTDIR: ['invalid_input', FILE_IN_THE_WAY],
  EEXIST: ['invalid_input', FILE_IN_THE_WAY],
  EISDIR: ['invalid_input', 'There is a folder where a file is needed: give the path of a file.'],
  ENOSPC: ['unavailable', SPACE],
  EDQUOT: ['unavailable', SPACE],
};
