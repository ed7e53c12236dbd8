import { expect, test } from 'bun:test';
import { shrinkList, shrinkQuery } from './shrink.ts';
import { list, type Node, optional, query, value } from './tree.ts';

/** The text of a tree. */
function textOf(node: Node): string {
  return node.parts
    .map((part) => (typeof part === 'string' ? part : 'sort' in part ? textOf(part) : '?'))
    .join('');
}

test('a query loses what its failure does not need', async () => {
  const wrong = value('lower(', value("'X'"), ')');
  const root = query(
    'select id from users u where ',
    value(
      value('coalesce(', list([value('1'), value('case when ', wrong, " = 'x' then 2 end")], ', '), ')'),
      ' = 2',
    ),
    optional(' order by id'),
  );
  const small = await shrinkQuery(root, {
    fails: async (tree) => textOf(tree).includes('lower('),
    tries: 500,
  });
  expect(textOf(small)).toMatch(/^select \S+ from users(?: u)? where lower\((?:'.?'|1|null|0)\)$/);
});

test('a list keeps what a failure needs', async () => {
  const items = Array.from({ length: 40 }, (_, index) => index);
  const fails = async (some: number[]) => some.includes(7) && some.includes(31);
  expect(await shrinkList(items, { fails, tries: 200 })).toEqual([7, 31]);
});
