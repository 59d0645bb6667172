import type { MatrixUnderlay } from '../../sim/underlay/underlay.ts';
import { type Paths, equalPaths as paths } from '../../sim/world/paths.ts';

/** A latency matrix in which every host is 10 ms from every other: the network of a paper that has none. */
export function equalDelays(hosts: number): MatrixUnderlay {
  const delaysMs = new Float64Array(hosts * hosts).fill(10);
  for (let host = 0; host < hosts; host++) delaysMs[host * hosts + host] = 0;
  return {
    kind: 'matrix',
    name: 'equal delays',
    hostIds: Array.from({ length: hosts }, (_, host) => String(host)),
    delaysMs,
    counts: { mergedLinks: 0, selfLoops: 0, defaultDelays: 0, coordinateDelays: 0, excludedRouters: 0 },
    notes: [],
  };
}

/** The same without the matrix, for worlds of many peers. */
export function equalPaths(hosts: number): Paths {
  return paths(hosts, 10);
}
