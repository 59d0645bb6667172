import type { PhysicalLink, RouterUnderlay } from './underlay.ts';

/**
 * A router graph as compressed adjacency: the arcs that leave router `r` are
 * `offsets[r] .. offsets[r + 1] - 1`. Each undirected link is two arcs. Arcs of
 * a router stand in the order of the links.
 */
export interface RouterGraph {
  readonly routers: number;
  readonly links: number;
  /** `routers + 1` entries. */
  readonly offsets: Int32Array;
  /** Router at the far end of each arc. */
  readonly neighbours: Int32Array;
  /** Index of the link each arc belongs to. */
  readonly linkOfArc: Int32Array;
  /** One-way delay of each arc in ms. */
  readonly arcDelayMs: Float64Array;
  /** The lower and the higher end of each link, and its delay in ms. */
  readonly linkA: Int32Array;
  readonly linkB: Int32Array;
  readonly linkDelayMs: Float64Array;
  /** Largest link delay in ms; 0 without links. */
  readonly delayMaxMs: number;
}

/** Compresses the links of an underlay. Links keep their index. */
export function routerGraph(underlay: Pick<RouterUnderlay, 'routers' | 'links'>): RouterGraph {
  return routerGraphOf(underlay.routers.length, underlay.links);
}

/** Compresses `links` between routers `0 .. routers - 1`. */
export function routerGraphOf(routers: number, links: readonly Pick<PhysicalLink, 'a' | 'b' | 'delayMs'>[]): RouterGraph {
  const linkA = new Int32Array(links.length);
  const linkB = new Int32Array(links.length);
  const linkDelayMs = new Float64Array(links.length);
  const offsets = new Int32Array(routers + 1);
  let delayMaxMs = 0;
  links.forEach((link, index) => {
    linkA[index] = link.a;
    linkB[index] = link.b;
    linkDelayMs[index] = link.delayMs;
    delayMaxMs = Math.max(delayMaxMs, link.delayMs);
    offsets[link.a + 1] = (offsets[link.a + 1] as number) + 1;
    offsets[link.b + 1] = (offsets[link.b + 1] as number) + 1;
  });
  for (let r = 0; r < routers; r++) offsets[r + 1] = (offsets[r + 1] as number) + (offsets[r] as number);

  const next = offsets.slice();
  const neighbours = new Int32Array(2 * links.length);
  const linkOfArc = new Int32Array(2 * links.length);
  const arcDelayMs = new Float64Array(2 * links.length);
  const addArc = (from: number, to: number, link: number, delayMs: number): void => {
    const arc = next[from] as number;
    next[from] = arc + 1;
    neighbours[arc] = to;
    linkOfArc[arc] = link;
    arcDelayMs[arc] = delayMs;
  };
  links.forEach((link, index) => {
    addArc(link.a, link.b, index, link.delayMs);
    addArc(link.b, link.a, index, link.delayMs);
  });
  return { routers, links: links.length, offsets, neighbours, linkOfArc, arcDelayMs, linkA, linkB, linkDelayMs, delayMaxMs };
}
