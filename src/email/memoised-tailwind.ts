import type { ReactElement, ReactNode } from 'react';
import { cloneElement } from 'react';
import {
  ClassStyles,
  type ItemStyle,
  type Library,
  type StyledItem,
  type TailwindProps,
} from './class-styles.ts';
import { type AnyProps, expandTree, withPromises } from './expand-tree.ts';

/** A release of React Email: its Tailwind, and how its Tailwind treats elements. */
export interface Edition extends Library {
  /** Whether a component stays in the tree and is styled like an element. */
  isLeaf(type: unknown): boolean;
  /** Returns `element`, which has a class name, with its style. */
  apply(element: ReactElement<AnyProps>, style: ItemStyle): ReactElement<AnyProps>;
}

/**
 * Creates a Tailwind component whose output is byte for byte that of the edition's own, in a
 * fraction of the time. The one difference: an async component inside it is awaited, where the
 * library never finishes.
 */
export function memoisedTailwind(edition: Edition): (props: TailwindProps) => ReactNode {
  const styles = new ClassStyles(edition);
  const isComponent = ({ type }: ReactElement) =>
    (typeof type === 'function' || (type as { render?: unknown }).render !== undefined) &&
    !edition.isLeaf(type);

  return function Tailwind(props) {
    const { children, ...settings } = props;
    styles.prepare(settings);
    const items: StyledItem[] = [];
    const dropped: unknown[] = [];
    const expanded = withPromises(props, () =>
      expandTree(children, {
        isComponent,
        visit(element) {
          const { className } = element.props;
          if (isComponent(element)) {
            if (className) dropped.push(className);
          } else if (className || isHead(element)) {
            items.push({ isHead: isHead(element), className });
          }
          return element;
        },
      }),
    );
    const found = styles.of(settings, items, dropped);
    let next = 0;
    return expandTree(expanded, {
      isComponent,
      visit(element) {
        const { className } = element.props;
        if (!className && !isHead(element)) return element;
        const style = found[next++]!;
        const styled = className ? edition.apply(element, style) : element;
        return isHead(element) ? cloneElement(styled, undefined, style.sheet, styled.props.children) : styled;
      },
    });
  };
}

function isHead(element: ReactElement): boolean {
  return element.type === 'head';
}
