import type { CSSProperties, ReactElement, ReactNode } from 'react';
import { createElement, isValidElement } from 'react';

/*
 * Caches what React Email's Tailwind component makes of a document's class names.
 *
 * The component parses and sanitises its whole stylesheet on every render, although the result
 * depends only on its settings, the class names in document order and the positions of the <head>
 * elements. So a skeleton of the document (one empty element an item) goes through the library
 * once, and the result serves every later document with the same items. This module does not know
 * what a class means, and an evicted entry is computed again.
 *
 * The library changes rules while it goes through a document (an element can resolve a variable,
 * and a later element then sees the resolved value). So only the whole list in its order is a key
 * that gives the library's exact bytes.
 */

/** Settings vary by release (`config`, `theme`, `utility`), so they are passed on unchanged. */
export interface TailwindProps {
  children?: ReactNode;
  config?: object | undefined;
}

/** A release of the library. */
export interface Library {
  /**
   * Its component. It is called as a function, and throws a promise while it compiles its settings.
   */
  tailwind: (props: TailwindProps) => ReactNode;
  /** Creates an element for the skeleton, and reads the library's result for it. */
  probe: { element(className: string | undefined): ReactElement; read(props: unknown): ItemStyle };
}

/** An element that the library would style, in the library's order. */
export interface StyledItem {
  isHead: boolean;
  className: unknown;
}

/** The result for an item. */
export interface ItemStyle {
  /** The classes that could not be inlined. */
  className?: string | undefined;
  style?: CSSProperties | undefined;
  /** The properties each of those classes sets; react-email only. */
  classProperties?: Record<string, string[]> | undefined;
  /** A head's <style> element. */
  sheet?: ReactNode;
}

export interface StyleLimits {
  /** The number of cached documents; the least recently used are evicted. */
  documents: number;
  /**
   * After this many uncached documents, a fresh compiler takes over. The library's compiler
   * remembers every class and gets slower with each, and class names built from data (`w-[37%]`)
   * are unlimited.
   */
  misses: number;
}

const LIMITS: StyleLimits = { documents: 1_000, misses: 200 };

export class ClassStyles {
  readonly #library: Library;
  readonly #limits: StyleLimits;
  readonly #known = new Map<string, ItemStyle[]>();
  readonly #misses = new Map<string, number>();

  constructor(library: Library, limits: StyleLimits = LIMITS) {
    this.#library = library;
    this.#limits = limits;
  }

  /**
   * Returns one style an item. `components` are the class names passed to components; they count
   * for the stylesheet even if the component ignores them. Throws what the library throws.
   */
  of(settings: TailwindProps, items: StyledItem[], components: unknown[]): ItemStyle[] {
    const settingsKey = keyOf(settings);
    const key = `${settingsKey}\n${JSON.stringify([components, items.map((item) => [item.isHead, item.className])])}`;
    const known = this.#known.get(key);
    if (known) {
      this.#known.delete(key);
      this.#known.set(key, known);
      return known;
    }
    const styles = this.#ask(this.#renewed(settings, settingsKey), items, components);
    this.#misses.set(settingsKey, (this.#misses.get(settingsKey) ?? 0) + 1);
    this.#known.set(key, styles);
    if (this.#known.size > this.#limits.documents) this.#known.delete(this.#known.keys().next().value!);
    return styles;
  }

  /** Throws the library's promise until the library has compiled these settings. */
  prepare(settings: TailwindProps): void {
    const key = keyOf(settings);
    if (this.#misses.has(key)) return;
    void this.#library.tailwind(settings);
    this.#misses.set(key, 0);
  }

  #ask(settings: TailwindProps, items: StyledItem[], components: unknown[]): ItemStyle[] {
    const { tailwind, probe } = this.#library;
    const skeleton = [
      ...components.map((className) => createElement(Dropped, { className })),
      ...items.map((item) => {
        const className = item.className as string | undefined;
        return item.isHead ? createElement('head', { className }) : probe.element(className);
      }),
    ].map((element, index) => ({ ...element, key: String(index) }));
    const styled = tailwind({ ...settings, children: skeleton });
    const elements = (Array.isArray(styled) ? styled : [styled]).filter((node) => isValidElement(node));
    return items.map(({ isHead }, index) => {
      const props = elements[index]?.props as { children?: ReactNode } & ItemStyle;
      if (!isHead) return probe.read(props);
      return { className: props.className, style: props.style, sheet: firstOf(props.children) };
    });
  }

  /** The settings, with a mark that makes the library compile them again after enough documents. */
  #renewed(settings: TailwindProps, key: string): TailwindProps {
    const generation = Math.floor((this.#misses.get(key) ?? 0) / this.#limits.misses);
    if (generation === 0) return settings;
    return { ...settings, config: { ...settings.config, segflowGeneration: generation } };
  }
}

/** A component that ignores its class name. */
function Dropped(_props: { className: unknown }): ReactElement | null {
  return null;
}

function firstOf(children: ReactNode): ReactNode {
  return Array.isArray(children) ? children[0] : children;
}

/** A key that is equal when the library treats two settings as the same. */
function keyOf(settings: TailwindProps): string {
  return JSON.stringify(settings, (_key, value) => (typeof value === 'function' ? String(value) : value));
}
