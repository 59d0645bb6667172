import { expect, test } from 'vitest';

import { GraphCollector } from '../../../../sim/underlay/formats/collector.ts';
import { LINKS_MAX, NODES_MAX } from '../../../../sim/underlay/formats/limits.ts';

test('a collector stops at the limits of nodes and links', () => {
  const graph = new GraphCollector('f');
  const node = { id: 'a' };
  const link = { source: 'a', target: 'a' };
  for (let i = 0; i < NODES_MAX; i++) graph.node(node, 1);
  for (let i = 0; i < LINKS_MAX; i++) graph.link(link, 1);
  expect(() => graph.node(node, 1)).toThrow(expect.objectContaining({ code: 'TOPOLOGY_TOO_LARGE', message: 'f: more than 1000000 nodes.' }));
  expect(() => graph.link(link, 1)).toThrow(expect.objectContaining({ code: 'TOPOLOGY_TOO_LARGE', message: 'f: more than 5000000 links.' }));
});
