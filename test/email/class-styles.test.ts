import { describe, expect, test } from 'bun:test';
import * as library from '@react-email/tailwind';
import { createElement } from 'react';
import { ClassStyles, type ItemStyle, type Library } from '../../src/email/class-styles.ts';

let asked = 0;

const counted: Library = {
  tailwind(props) {
    asked++;
    return (library.Tailwind as Library['tailwind'])(props);
  },
  probe: {
    element: (className) => createElement('i', { className }),
    read: (props) => props as ItemStyle,
  },
};

describe('ClassStyles', () => {
  test('asks the library once for the same classes in the same order', async () => {
    const styles = new ClassStyles(counted);
    const first = await of(styles, ['p-4', 'text-sm']);
    const before = asked;
    expect(await of(styles, ['p-4', 'text-sm'])).toEqual(first);
    expect(asked).toBe(before);
    expect(first.map(({ style }) => style)).toEqual([
      { padding: '1rem' },
      { fontSize: '0.875rem', lineHeight: '1.4285714285714286' },
    ] as object[]);
    expect(await of(styles, ['text-sm', 'p-4'])).toEqual(first.toReversed());
    expect(asked).toBe(before + 1);
  });

  test('tells lists apart that read the same when joined', async () => {
    const styles = new ClassStyles(counted);
    expect(await of(styles, ['p-4 m-1'])).toHaveLength(1);
    expect(await of(styles, ['p-4', 'm-1'])).toHaveLength(2);
    expect(
      (await of(styles, ['p-4', 'm-1'], { config: { theme: { spacing: { 4: '99px' } } } }))[0],
    ).toMatchObject({
      style: { padding: '99px' },
    });
  });

  test('answers the same with fresh compilers and after entries were dropped', async () => {
    const small = new ClassStyles(counted, { documents: 2, misses: 3 });
    const usual = new ClassStyles(counted);
    for (const round of [1, 2]) {
      for (let width = 1; width <= 10; width++) {
        const classes = [`w-[${width}px]`, 'shadow-md ring-2', `sm:w-[${width}%]`];
        expect([round, await of(small, classes)]).toEqual([round, await of(usual, classes)]);
      }
    }
    const before = asked;
    await of(small, ['w-[10px]', 'shadow-md ring-2', 'sm:w-[10%]']);
    await of(small, ['w-[9px]', 'shadow-md ring-2', 'sm:w-[9%]']);
    expect(asked).toBe(before);
    await of(small, ['w-[8px]', 'shadow-md ring-2', 'sm:w-[8%]']);
    expect(asked).toBeGreaterThan(before);
  });
});

/** Waits where React would. */
async function of(
  styles: ClassStyles,
  classes: string[],
  settings: { config?: object } = {},
): Promise<ItemStyle[]> {
  const items = [...classes, undefined].map((className) => ({ className, isHead: className === undefined }));
  for (;;) {
    try {
      return styles
        .of(settings, items, [])
        .slice(0, classes.length)
        .map(({ style, className }) => ({ style, className }));
    } catch (thrown) {
      if (!(thrown instanceof Promise)) throw thrown;
      await thrown;
    }
  }
}
