/** The folders and files of the repository that a text names in code: `src/cli/run.ts`, `test/docs/`. */
export function pathsIn(text: string): string[] {
  const code = [...text.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    ([, block, inline]) => block ?? inline!,
  );
  return code.flatMap(
    (each) => each.match(/(?<![\w./-])(?:src|test|bin|bench|docs|templates)\/[\w./-]*/g) ?? [],
  );
}
