import type { CSSProperties } from 'react';
import { cloneElement, createElement } from 'react';
import * as library from 'react-email';
import type { ItemStyle, Library } from './class-styles.ts';
import type { AnyProps } from './expand-tree.ts';
import { memoisedTailwind } from './memoised-tailwind.ts';

/**
 * The mark on components that the library styles like elements; with it, a component can also say
 * how. See `markAsElement` of react-email 6.
 */
const MARK = Symbol.for('react-email.element');

interface Mark {
  resolveTailwind?(props: AnyProps, resolved: ItemStyle & { style: CSSProperties }): AnyProps;
}

/**
 * Replaces `Tailwind` of react-email 6, which has the settings `theme` and `utility` besides
 * `config`.
 */
export const Tailwind = memoisedTailwind({
  tailwind: library.Tailwind as Library['tailwind'],
  probe: {
    element: (className) => createElement(Probe, { className }),
    read: (props) => (props as { resolved?: ItemStyle }).resolved ?? {},
  },
  isLeaf: (type) => MARK in (type as object),
  apply(element, { className, style, classProperties }) {
    const resolved = { className, style: { ...style, ...element.props.style }, classProperties };
    const mark = (element.type as { [MARK]?: Mark })[MARK];
    if (!mark?.resolveTailwind) return cloneElement(element, { className, style: resolved.style });
    const props = mark.resolveTailwind(element.props, resolved);
    return cloneElement(element, props, props.children);
  },
});

/** Keeps the library's resolved values for reading. */
function Probe(_props: { className: string | undefined }): null {
  return null;
}
library.markAsElement(Probe, {
  resolveTailwind: (props: object, resolved: object) => ({ ...props, resolved }),
});
