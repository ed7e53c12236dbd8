import type { Frame, FrameBound, Window } from '../ast.ts';
import { groupKey } from './keys.ts';
import { order } from './order.ts';
import { type Printing, unsupported } from './printing.ts';

/** The content of OVER's brackets. */
export function windowText(p: Printing, { base, partitionBy, orderBy, frame }: Window): string {
  const partition =
    partitionBy.length === 0
      ? ''
      : ` partition by ${partitionBy.map((expr) => groupKey(p, expr)).join(', ')}`;
  return `${base ?? ''}${partition}${order(p, orderBy)}${frame ? ` ${frameText(p, frame)}` : ''}`.trim();
}

function frameText(p: Printing, { unit, start, end }: Frame): string {
  return `${unit} between ${bound(p, start)} and ${bound(p, end)}`;
}

function bound(p: Printing, frameBound: FrameBound): string {
  switch (frameBound.kind) {
    case 'unboundedPreceding':
      return 'unbounded preceding';
    case 'unboundedFollowing':
      return 'unbounded following';
    case 'currentRow':
      return 'current row';
    case 'preceding':
    case 'following':
      if (frameBound.unit !== undefined) {
        throw unsupported('a frame of INTERVAL', {
          at: frameBound.amount.at,
          why: 'its frames count rows and numbers',
          text: p.text,
        });
      }
      return `${p.expr(frameBound.amount)} ${frameBound.kind}`;
  }
}
