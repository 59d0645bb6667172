import { describe } from '../../../lib/core/errors.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { GraphCollector } from './collector.ts';
import { invalid, lines, stem } from './text.ts';

/** `id (level)  [neighbour, ...]`. */
export const ASHIIP_NODE = /^(\d+) \(\d+\)\s+\[([^\]]*)\]$/;

/**
 * Reads the output of aShIIP (Tomasik and Weisser, 2010): a preamble, then each
 * node with the hierarchy level, which is ignored, and its neighbours. There are
 * no delays.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseAshiip(text: string, file: string): RouterUnderlay {
  const graph = new GraphCollector(file);
  let size: number | undefined;
  for (const { text: line, number } of lines(text)) {
    const content = line.trim();
    const stated = /^Size : (\d+)$/.exec(content);
    if (stated !== null) size = Number(stated[1]);
    const node = ASHIIP_NODE.exec(content);
    if (node === null) {
      if (graph.nodeCount > 0 && content !== '') invalid(file, `line ${number}`, `expected a node as \`id (level) [neighbour, ...]\`, got ${describe(content)}`);
      continue;
    }
    const [, source = '', neighbours = ''] = node;
    graph.node({ id: source }, number);
    for (const word of neighbours.split(',')) {
      const target = word.trim();
      if (target !== '') graph.link({ source, target }, number);
    }
  }
  if (size !== undefined && size !== graph.nodeCount) {
    invalid(file, '', `expected ${size} nodes as its preamble says, got ${graph.nodeCount} (the file may be cut off)`);
  }
  return graph.build(stem(file), []);
}
