/**
 * Makes an underlay of a graph as it is listed. Readers and generators alike end
 * here, so that the rules of METRICS ("The underlay") stand in one place:
 * where delays come from, how parallel links merge, which routers take part.
 */

import { describe } from '../../lib/core/errors.ts';
import { counted, someOf } from './formats/text.ts';
import { fibreDelayMs } from './geo.ts';
import { delayOrigin, hasPlace, largestComponent, mergeParallel } from './merge.ts';
import type { DelayOrigin } from './merge.ts';
import { checkGraph, isHost, wrong } from './raw-graph.ts';
import type { LinkEnds, RawGraph, RawLink, RawNode } from './raw-graph.ts';
import type { DeclaredHost, PhysicalLink, Router, RouterUnderlay, UnderlayCounts } from './underlay.ts';

export type { RawGraph, RawLink, RawNode } from './raw-graph.ts';

/**
 * Builds the underlay of a graph.
 *
 * - The delay of a link is its `delayMs`; else its `lengthKm` / 200; else the
 *   great-circle distance / 200 where both ends have latitude and longitude;
 *   else 1 ms.
 * - Self-loops are dropped. Of parallel links, both directions alike, the one
 *   with the smallest delay remains, of equal ones the first.
 * - The largest connected component is kept, of equal ones that with the
 *   smallest index; routers and links keep the order of the file.
 * - A host is no router: its link is its access link, with `delayMs` or
 *   `lengthKm` as its delay, else none.
 *
 * Whatever was done is counted, and said in `notes` in one sentence each.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` for a wrong value, a duplicate id, a
 *   link to nowhere, a host that does not hang off exactly one router, hosts of
 *   which none hangs off a router that is kept, or a graph without routers;
 *   `TOPOLOGY_TOO_LARGE` above the limits of `limits.ts`.
 */
export function buildRouterUnderlay(raw: RawGraph): RouterUnderlay {
  const ends = checkGraph(raw);
  const access = accessLinks(raw, ends);
  const merged = mergeParallel(raw, ends);
  const { kept, excluded } = largestComponent(raw, ends, merged.links);
  const routerOf = new Int32Array(raw.nodes.length).fill(-1);
  const routers = kept.map((node, index) => {
    routerOf[node] = index;
    return routerOfNode(raw.nodes[node] as RawNode);
  });
  const links: PhysicalLink[] = [];
  const origins: Record<DelayOrigin, number> = { given: 0, length: 0, coordinates: 0, default: 0 };
  for (const index of merged.links) {
    const a = routerOf[ends.a[index] as number] as number;
    const b = routerOf[ends.b[index] as number] as number;
    if (a === -1) continue;
    const best = merged.best[index] as number;
    links.push(physicalLink(raw.links[best] as RawLink, Math.min(a, b), Math.max(a, b), merged.delaysMs[best] as number));
    origins[delayOrigin(raw, ends, best)]++;
  }
  const { hosts, excludedHosts } = keptHosts(raw, access, routerOf);
  const counts = {
    mergedLinks: merged.count + access.mergedLinks,
    selfLoops: merged.selfLoops,
    defaultDelays: origins.default,
    coordinateDelays: origins.coordinates,
    excludedRouters: excluded.length,
  };
  const excludedIds = excluded.map((node) => (raw.nodes[node] as RawNode).id);
  const notes = [
    ...(raw.notes ?? []),
    ...shapeNotes(counts, routers.length + excluded.length, excludedIds, excludedHosts, access.ignored),
    ...delayNotes(origins),
  ];
  return { kind: 'routers', name: raw.name, routers, links, hosts, counts, notes };
}

function shapeNotes(
  counts: UnderlayCounts, routers: number, excludedIds: readonly string[], excludedHosts: readonly string[], ignored: number,
): string[] {
  const notes: string[] = [];
  if (counts.selfLoops > 0) notes.push(`${counted(counts.selfLoops, 'self-loop')} dropped.`);
  if (counts.mergedLinks > 0) {
    notes.push(`${counted(counts.mergedLinks, 'parallel link')} merged into another, keeping the smallest delay (a link listed in both directions counts).`);
  }
  if (ignored > 0) notes.push(`Loss, jitter and bandwidth of ${counted(ignored, 'access link')} of hosts ignored.`);
  if (excludedIds.length > 0) {
    notes.push(`${excludedIds.length} of ${counted(routers, 'router')} excluded, being outside the largest connected component: ${someOf(excludedIds)}.`);
  }
  if (excludedHosts.length > 0) notes.push(`${counted(excludedHosts.length, 'host')} excluded with their routers: ${someOf(excludedHosts)}.`);
  return notes;
}

function delayNotes(origins: Readonly<Record<DelayOrigin, number>>): string[] {
  const notes: string[] = [];
  if (origins.length > 0) notes.push(`${counted(origins.length, 'link delay')} computed from the length given: km / 200 per ms.`);
  if (origins.coordinates > 0) {
    notes.push(`${counted(origins.coordinates, 'link delay')} computed from coordinates: great-circle km / 200 per ms.`);
  }
  if (origins.default > 0) {
    notes.push(`${counted(origins.default, 'link delay')} taken as the default of 1 ms, since the file gives neither delay nor coordinates of both ends.`);
  }
  return notes;
}

interface AccessLinks {
  /** By node: the node index of the host's router; -1 for a router. */
  readonly routerOf: Int32Array;
  /** By node: the delay of the access link, NaN where none is given. */
  readonly delaysMs: Float64Array;
  readonly mergedLinks: number;
  /** Access links with loss, jitter or bandwidth, which an access link does not have. */
  readonly ignored: number;
}

/** Finds the one router of each host. */
function accessLinks(raw: RawGraph, ends: LinkEnds): AccessLinks {
  const routerOf = new Int32Array(raw.nodes.length).fill(-1);
  const delaysMs = new Float64Array(raw.nodes.length).fill(NaN);
  let mergedLinks = 0;
  let ignored = 0;
  for (const [index, link] of raw.links.entries()) {
    const a = ends.a[index] as number;
    const b = ends.b[index] as number;
    if (a === b || (!isHost(raw, a) && !isHost(raw, b))) continue;
    if (isHost(raw, a) && isHost(raw, b)) {
      wrong(raw, 'link', index, 'source', `the hosts ${describe(link.source)} and ${describe(link.target)} are linked to each other; a host hangs off one router`);
    }
    const host = isHost(raw, a) ? a : b;
    const router = host === a ? b : a;
    const other = routerOf[host] as number;
    if (other !== -1 && other !== router) {
      const [hostId, otherId, routerId] = [host, other, router].map((node) => describe(raw.nodes[node]?.id));
      wrong(raw, 'link', index, 'source', `the host ${hostId} is linked to the routers ${otherId} and ${routerId}; a host hangs off one router`);
    }
    if (other === router) mergedLinks++;
    if (link.loss !== undefined || link.jitterMs !== undefined || link.bandwidthMbps !== undefined) ignored++;
    routerOf[host] = router;
    const delayMs = link.delayMs ?? (link.lengthKm === undefined ? undefined : fibreDelayMs(link.lengthKm));
    const known = delaysMs[host] as number;
    if (delayMs !== undefined && !(known <= delayMs)) delaysMs[host] = delayMs;
  }
  for (const [index, node] of raw.nodes.entries()) {
    if (node.kind !== 'host' || routerOf[index] !== -1) continue;
    wrong(raw, 'node', index, 'kind', `the host ${describe(node.id)} has no link to a router; a host hangs off one router`);
  }
  return { routerOf, delaysMs, mergedLinks, ignored };
}

/**
 * The hosts whose routers are kept, and the ids of the others. A file that declares
 * hosts of which none is kept is refused: as one without hosts it would be
 * given one on every router.
 */
function keptHosts(raw: RawGraph, access: AccessLinks, routerOf: Int32Array): { hosts: DeclaredHost[]; excludedHosts: string[] } {
  const hosts: DeclaredHost[] = [];
  const excludedHosts: string[] = [];
  for (const [index, node] of raw.nodes.entries()) {
    if (node.kind !== 'host') continue;
    const router = routerOf[access.routerOf[index] as number] as number;
    const accessDelayMs = access.delaysMs[index] as number;
    if (router === -1) excludedHosts.push(node.id);
    else hosts.push(Number.isNaN(accessDelayMs) ? { id: node.id, router } : { id: node.id, router, accessDelayMs });
  }
  if (hosts.length === 0 && excludedHosts.length > 0) noHostKept(raw, excludedHosts.length);
  return { hosts, excludedHosts };
}

function noHostKept(raw: RawGraph, count: number): never {
  const first = raw.nodes.findIndex(({ kind }) => kind === 'host');
  const id = describe(raw.nodes[first]?.id);
  return wrong(raw, 'node', first, 'kind', count === 1
    ? `the only host, ${id}, hangs off a router outside the largest connected component`
    : `all ${count} hosts, ${id} the first of them, hang off routers outside the largest connected component`);
}

function routerOfNode(node: RawNode): Router {
  return {
    id: node.id,
    label: node.label === undefined || node.label === '' ? node.id : node.label,
    ...(hasPlace(node) ? { latitude: node.latitude, longitude: node.longitude } : {}),
    ...(node.x !== undefined && node.y !== undefined ? { x: node.x, y: node.y } : {}),
  };
}

function physicalLink(link: RawLink, a: number, b: number, delayMs: number): PhysicalLink {
  return {
    a,
    b,
    delayMs,
    ...(link.jitterMs === undefined ? {} : { jitterMs: link.jitterMs }),
    ...(link.loss === undefined ? {} : { loss: link.loss }),
    ...(link.bandwidthMbps === undefined ? {} : { bandwidthMbps: link.bandwidthMbps }),
  };
}
