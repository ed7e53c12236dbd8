import type { CSSProperties, ReactElement, ReactNode } from 'react';
import { createElement, isValidElement } from 'react';

/*
 * What React Email's Tailwind component makes of the class names of a document, asked of that component itself and kept.
 *
 * The component parses and sanitises its whole stylesheet on every render, though its answer depends on nothing but its
 * settings, the class names in document order and where the <head> elements are. So a skeleton of the document (one empty
 * element an item) goes through the library once, and what came out serves every later document with the same items.
 * Nothing here knows what a class means, and an entry that was dropped is computed again.
 *
 * The library changes rules while it goes through a document (an element can resolve a variable that a later one then sees
 * resolved), so only the whole list in its order makes a key that gives the library's own bytes.
 */

/** Settings vary by release (`config`, `theme`, `utility`): they are handed on as they are. */
export interface TailwindProps {
  children?: ReactNode;
  config?: object | undefined;
}

/** A release of the library. */
export interface Library {
  /** Its component, which is called as a function: it throws a promise while it compiles its settings. */
  tailwind: (props: TailwindProps) => ReactNode;
  /** An element for the skeleton, and what the library made of it. */
  probe: { element(className: string | undefined): ReactElement; read(props: unknown): ItemStyle };
}

/** An element that the library would style, in the order in which it would. */
export interface StyledItem {
  isHead: boolean;
  className: unknown;
}

/** What becomes of an item. */
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
  /** How many documents are kept, the last ones used. */
  documents: number;
  /**
   * After how many documents that were not known a fresh compiler takes over: the library's remembers every class it ever
   * saw and gets slower with each, and class names made of data (`w-[37%]`) know no end.
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
   * One style an item. `components` are the class names given to components: they count for the stylesheet even when the
   * component makes nothing of them. Throws what the library throws.
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

  /** Throws the library's promise until it has compiled these settings. */
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

  /** The settings, with a mark that makes the library compile them anew once enough documents were asked for. */
  #renewed(settings: TailwindProps, key: string): TailwindProps {
    const generation = Math.floor((this.#misses.get(key) ?? 0) / this.#limits.misses);
    if (generation === 0) return settings;
    return { ...settings, config: { ...settings.config, segflowGeneration: generation } };
  }
}

/** A component that makes nothing of its class name. */
function Dropped(_props: { className: unknown }): ReactElement | null {
  return null;
}

function firstOf(children: ReactNode): ReactNode {
  return Array.isArray(children) ? children[0] : children;
}

/** Settings as the library tells them apart. */
function keyOf(settings: TailwindProps): string {
  return JSON.stringify(settings, (_key, value) => (typeof value === 'function' ? String(value) : value));
}
