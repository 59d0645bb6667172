import { fibreDelayMs, greatCircleKm } from './geo.ts';
import { isHost, wrong } from './raw-graph.ts';
import type { LinkEnds, RawGraph, RawLink, RawNode } from './raw-graph.ts';

/** The one-way delay in ms of a link about which a file says nothing (METRICS: "The underlay"). */
export const DEFAULT_LINK_DELAY_MS = 1;

/** What remains of the links between routers as listed. */
export interface MergedLinks {
  /** Indices of the listed links that remain: the first of each pair of routers, in file order. */
  readonly links: readonly number[];
  /** By remaining link: the parallel one with the smallest delay, whose values count. */
  readonly best: Int32Array;
  /** By listed link. */
  readonly delaysMs: Float64Array;
  readonly count: number;
  readonly selfLoops: number;
}

/** Merges parallel links in time linear in nodes and links: buckets by the smaller end, a stamp per larger end. */
export function mergeParallel(raw: RawGraph, ends: LinkEnds): MergedLinks {
  const delaysMs = new Float64Array(raw.links.length);
  const starts = new Int32Array(raw.nodes.length + 1);
  const isRouterLink = new Uint8Array(raw.links.length);
  let selfLoops = 0;
  for (let index = 0; index < raw.links.length; index++) {
    const a = ends.a[index] as number;
    const b = ends.b[index] as number;
    if (a === b) selfLoops++;
    if (a === b || isHost(raw, a) || isHost(raw, b)) continue;
    isRouterLink[index] = 1;
    delaysMs[index] = linkDelayMs(raw, ends, index);
    starts[Math.min(a, b) + 1] = (starts[Math.min(a, b) + 1] as number) + 1;
  }
  for (let node = 0; node < raw.nodes.length; node++) starts[node + 1] = (starts[node + 1] as number) + (starts[node] as number);
  const bucketed = new Int32Array(starts[raw.nodes.length] as number);
  const fill = starts.slice();
  for (let index = 0; index < raw.links.length; index++) {
    if (isRouterLink[index] === 0) continue;
    const node = Math.min(ends.a[index] as number, ends.b[index] as number);
    bucketed[fill[node] as number] = index;
    fill[node] = (fill[node] as number) + 1;
  }
  return mergeBuckets(raw, ends, starts, bucketed, delaysMs, selfLoops);
}

function mergeBuckets(
  raw: RawGraph, ends: LinkEnds, starts: Int32Array, bucketed: Int32Array, delaysMs: Float64Array, selfLoops: number,
): MergedLinks {
  const best = new Int32Array(raw.links.length).fill(-1);
  const stamp = new Int32Array(raw.nodes.length).fill(-1);
  const firstTo = new Int32Array(raw.nodes.length);
  let count = 0;
  for (let node = 0; node < raw.nodes.length; node++) {
    for (let at = starts[node] as number; at < (starts[node + 1] as number); at++) {
      const index = bucketed[at] as number;
      const far = Math.max(ends.a[index] as number, ends.b[index] as number);
      if (stamp[far] !== node) {
        stamp[far] = node;
        firstTo[far] = index;
        best[index] = index;
        continue;
      }
      count++;
      const first = firstTo[far] as number;
      if ((delaysMs[index] as number) < (delaysMs[best[first] as number] as number)) best[first] = index;
    }
  }
  const links: number[] = [];
  for (let index = 0; index < raw.links.length; index++) if (best[index] !== -1) links.push(index);
  return { links, best, delaysMs, count, selfLoops };
}

/** Parts the routers into those of the largest connected component and the others, both in file order. */
export function largestComponent(raw: RawGraph, ends: LinkEnds, links: readonly number[]): { kept: number[]; excluded: number[] } {
  const parent = new Int32Array(raw.nodes.length);
  for (let node = 0; node < parent.length; node++) parent[node] = node;
  for (const index of links) {
    const a = root(parent, ends.a[index] as number);
    const b = root(parent, ends.b[index] as number);
    parent[Math.max(a, b)] = Math.min(a, b);
  }
  const sizes = new Int32Array(raw.nodes.length);
  let largest = -1;
  for (let node = 0; node < parent.length; node++) {
    if (isHost(raw, node)) continue;
    const top = root(parent, node);
    sizes[top] = (sizes[top] as number) + 1;
  }
  for (let node = 0; node < sizes.length; node++) {
    if ((sizes[node] as number) > (largest === -1 ? 0 : (sizes[largest] as number))) largest = node;
  }
  if (largest === -1) wrong(raw, 'node', 0, 'kind', 'all nodes are hosts; there is no router');
  const kept: number[] = [];
  const excluded: number[] = [];
  for (let node = 0; node < parent.length; node++) {
    if (isHost(raw, node)) continue;
    (root(parent, node) === largest ? kept : excluded).push(node);
  }
  return { kept, excluded };
}

/** The smallest index of a node's component, halving the way there. */
function root(parent: Int32Array, node: number): number {
  let at = node;
  while (parent[at] !== at) {
    parent[at] = parent[parent[at] as number] as number;
    at = parent[at] as number;
  }
  return at;
}

/** Where the delay of a link comes from, in order of precedence. */
export type DelayOrigin = 'given' | 'length' | 'coordinates' | 'default';

/** Where the delay of a listed link comes from. */
export function delayOrigin(raw: RawGraph, ends: LinkEnds, index: number): DelayOrigin {
  const link = raw.links[index] as RawLink;
  if (link.delayMs !== undefined) return 'given';
  if (link.lengthKm !== undefined) return 'length';
  const a = raw.nodes[ends.a[index] as number] as RawNode;
  const b = raw.nodes[ends.b[index] as number] as RawNode;
  return hasPlace(a) && hasPlace(b) ? 'coordinates' : 'default';
}

function linkDelayMs(raw: RawGraph, ends: LinkEnds, index: number): number {
  const link = raw.links[index] as RawLink;
  if (link.delayMs !== undefined) return link.delayMs;
  if (link.lengthKm !== undefined) return fibreDelayMs(link.lengthKm);
  const a = raw.nodes[ends.a[index] as number] as RawNode;
  const b = raw.nodes[ends.b[index] as number] as RawNode;
  if (!hasPlace(a) || !hasPlace(b)) return DEFAULT_LINK_DELAY_MS;
  return fibreDelayMs(greatCircleKm(a.latitude, a.longitude, b.latitude, b.longitude));
}

/** Whether a node has geographic coordinates. */
export function hasPlace(node: RawNode): node is RawNode & { latitude: number; longitude: number } {
  return node.latitude !== undefined && node.longitude !== undefined;
}
