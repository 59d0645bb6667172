import { describe } from '../../../lib/core/errors.ts';
import type { RawLink, RawNode } from '../build.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { GraphCollector } from './collector.ts';
import { counted, invalid, lines, parseNumber, stem, words } from './text.ts';

/**
 * Reads the output of BRITE (Medina, Lakhina, Matta, Byers, MASCOTS 2001):
 * `Nodes: ( N )` with `id x y indegree outdegree AS type` a line, and
 * `Edges: ( E )` with `id from to length delay bandwidth ...`. The plane is in km.
 * The delay is in ms, and is the length over the speed of light in vacuum. The
 * unit of the bandwidth is not stated, so it is ignored.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseBrite(text: string, file: string): RouterUnderlay {
  const graph = new GraphCollector(file);
  const expected = { nodes: NaN, edges: NaN };
  let section: 'nodes' | 'edges' | undefined;
  let directed = false;
  for (const { text: line, number } of lines(text)) {
    const content = line.trim();
    const heading = /^(Nodes|Edges):\s*\(\s*(\d+)\s*\)/.exec(content);
    if (heading !== null) {
      section = heading[1] === 'Nodes' ? 'nodes' : 'edges';
      expected[section] = Number(heading[2]);
    } else if (section === 'nodes' && content !== '') {
      graph.node(nodeOf(content, file, number), number);
    } else if (section === 'edges' && content !== '') {
      graph.link(linkOf(content, file, number), number);
      directed ||= /\sD$/.test(content);
    }
  }
  if (Number.isNaN(expected.nodes) || Number.isNaN(expected.edges)) invalid(file, '', 'there is no `Nodes: ( N )` and `Edges: ( E )` (the file may be cut off)');
  mustMatch(file, 'node', expected.nodes, graph.nodeCount);
  mustMatch(file, 'edge', expected.edges, graph.linkCount);
  const notes = [
    'BRITE delays are taken as ms, as given: length over the speed of light in vacuum, a third less than in fibre.',
    'BRITE bandwidths ignored, since their unit is not stated.',
  ];
  if (directed) notes.push('Some links are directed (D); they are taken as undirected.');
  return graph.build(stem(file), notes);
}

function mustMatch(file: string, what: string, expected: number, got: number): void {
  if (got !== expected) invalid(file, '', `expected ${counted(expected, what)} as its heading says, got ${got} (the file may be cut off)`);
}

function nodeOf(content: string, file: string, line: number): RawNode {
  const [id = '', x = '', y = ''] = words(content);
  return { id, x: numberOf(x, 'x', file, line), y: numberOf(y, 'y', file, line) };
}

function linkOf(content: string, file: string, line: number): RawLink {
  const [, source = '', target = '', , delay = ''] = words(content);
  return { source, target, delayMs: numberOf(delay, 'delay', file, line) };
}

function numberOf(word: string, field: string, file: string, line: number): number {
  return parseNumber(word) ?? invalid(file, `line ${line}`, `expected ${field} to be a number, got ${describe(word)}`);
}
