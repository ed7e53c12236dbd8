import type { ReactElement, ReactNode } from 'react';
import { Children, cloneElement, isValidElement } from 'react';
import { traceComponent } from './component-trace.ts';

/*
 * The tree walk of React Email's Tailwind: from the leaves up, calling components so that the walk
 * reaches their output too. A promise returned by a component is thrown for React to wait on. The
 * next attempt starts over with the same props, and finds the promise's value at the same place of
 * the walk.
 */

export type AnyProps = { className?: unknown; style?: object; children?: ReactNode };

export interface Walk {
  /**
   * Called for every element after its children, and for every component before the component is
   * called.
   */
  visit: (element: ReactElement<AnyProps>) => ReactElement<AnyProps>;
  isComponent: (element: ReactElement) => boolean;
}

/**
 * Runs `work`, in which expandTree waits for promises; `attempt` is an object shared by all
 * attempts at this render.
 */
export function withPromises<T>(attempt: object, work: () => T): T {
  if (current) return work();
  const awaited = settled.get(attempt) ?? [];
  settled.set(attempt, awaited);
  current = { awaited, next: 0 };
  try {
    return work();
  } finally {
    current = undefined;
  }
}

/** The tree with every component replaced by its output. */
export function expandTree(tree: ReactNode, walk: Walk): ReactNode {
  const expanded = Children.map(tree, (node): ReactNode => {
    if (!isValidElement<AnyProps>(node)) return node;
    const { children } = node.props;
    const inner = children && !walk.isComponent(node) ? expandTree(children, walk) : children;
    const element = walk.visit(cloneElement(node, undefined, inner));
    if (!walk.isComponent(element)) return element;
    const { type } = element as { type: unknown };
    const component = (typeof type === 'object' ? (type as { render: unknown }).render : type) as (
      props: AnyProps,
    ) => ReactNode | Promise<ReactNode>;
    return traceComponent(type, () => expandTree(resolved(component(element.props)), walk));
  });
  return expanded && expanded.length === 1 ? expanded[0] : expanded;
}

/** The current walk was interrupted, so none is running. */
export function abandonWalk(): void {
  current = undefined;
}

interface Awaited {
  promise: Promise<void>;
  outcome?: { value: ReactNode } | { error: unknown };
}

const settled = new WeakMap<object, Awaited[]>();
let current: { awaited: Awaited[]; next: number } | undefined;

function resolved(rendered: ReactNode | Promise<ReactNode>): ReactNode {
  if (!(rendered instanceof Promise) || !current) return rendered as ReactNode;
  const place = current.next++;
  const known = current.awaited[place];
  if (!known) {
    const entry: Awaited = {
      promise: rendered.then(
        (value) => {
          entry.outcome = { value };
        },
        (error: unknown) => {
          entry.outcome = { error };
        },
      ),
    };
    current.awaited[place] = entry;
    throw entry.promise;
  }
  // This attempt's own promise is not used; its rejection must not go unhandled.
  rendered.catch(() => undefined);
  if (!known.outcome) throw known.promise;
  if ('error' in known.outcome) throw known.outcome.error;
  return known.outcome.value;
}
