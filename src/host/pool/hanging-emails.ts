import { joinPath } from '../../config/source/problem-path.ts';
import type { PreviewItem, RenderRequest, RenderResult } from '../../engine/ports/host.ts';
import type { Problem } from '../../engine/ports/manifest.ts';

/**
 * Finds the emails that keep the check of a config from finishing: each email is rendered
 * separately with its sample. `render` must reject for an email that hangs or ends its process,
 * with the place on the first stack line that has one.
 */
export async function hangingEmails(
  items: PreviewItem[],
  render: (requests: RenderRequest[]) => Promise<RenderResult[]>,
): Promise<Problem[]> {
  const results = await render(
    items.map(({ kind, id }) => ({ messageId: '', kind, id, attributes: {}, event: null, preview: true })),
  );
  return results.flatMap((result, i) => {
    if (result.ok) return [];
    const { kind, id } = items[i]!;
    const path = joinPath([kind === 'template' ? 'templates' : 'transactions', id]);
    const { message, stack } = result.error;
    return [{ path, message, ...placeOf(stack) }];
  });
}

// --- internal ---

function placeOf(stack: string): Pick<Problem, 'file' | 'line' | 'column'> {
  const [, file, line, column] = /^ +at .*\((.+):(\d+):(\d+)\)$/m.exec(stack) ?? [];
  return file === undefined ? {} : { file, line: Number(line), column: Number(column) };
}
