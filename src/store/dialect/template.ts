import { type Node, parse } from './tree.ts';

/** The nodes of `text`, with what stands for its words in capitals. */
export function template(text: string, parts: Record<string, Node[]>): Node {
  const fill = (nodes: Node[]): Node[] =>
    nodes.flatMap((node): Node[] => {
      const part = node.kind === 'word' && node.raw !== undefined ? parts[node.raw] : undefined;
      if (part) return part;
      if (node.kind === 'group' || node.kind === 'run') return [{ ...node, items: fill(node.items) }];
      if (node.kind === 'call') return [{ ...node, args: fill(node.args) }];
      return [node];
    });
  return fill(parse(text))[0]!;
}
