import type { Problem } from '../../engine/ports/manifest.ts';
import { paintError } from './output.ts';

/**
 * Formats all problems of a config for a terminal: message, place, the code around it, and a hint.
 */
export function formatProblems(problems: Problem[]): string {
  return problems.map((problem) => formatProblem(problem, paintError('red', '✖'))).join('\n');
}

/** Formats warnings, which do not prevent a push, in the same way. */
export function formatWarnings(warnings: Problem[]): string {
  return warnings.map((warning) => formatProblem(warning, paintError('yellow', '!'))).join('\n');
}

function formatProblem({ path, message, hint, file, line, column, frame }: Problem, sign: string): string {
  const place = file && [file, line, column].filter((part) => part !== undefined).join(':');
  const lines = [`${sign} ${path ? `${paintError('bold', path)}: ` : ''}${message}`];
  if (place) lines.push(`  ${paintError('cyan', place)}`);
  if (frame) lines.push(indent(frame));
  if (hint) lines.push(`  ${paintError('dim', hint)}`);
  return `${lines.join('\n')}\n`;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
