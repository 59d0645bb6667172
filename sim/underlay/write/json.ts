import type { DeclaredHost, MatrixUnderlay, PhysicalLink, Router, RouterUnderlay, Underlay } from '../underlay.ts';

/**
 * Writes an underlay as JSON, which the reader turns into an equal one: a router
 * graph in the node-link form of networkx and d3, a matrix as `hosts` and
 * `matrix` of round-trip times. A node, link or row a line, so that differences
 * read well; the same underlay gives the same bytes. Counts and notes are not written.
 */
export function toTopologyJson(underlay: Underlay): string {
  return underlay.kind === 'routers' ? routersJson(underlay) : matrixJson(underlay);
}

function routersJson(underlay: RouterUnderlay): string {
  const nodes = [...underlay.routers.map(routerNode), ...underlay.hosts.map((host) => ({ id: host.id, kind: 'host' }))];
  const links = [
    ...underlay.links.map((link) => linkOf(link, underlay.routers)),
    ...underlay.hosts.map((host) => accessLink(host, underlay.routers)),
  ];
  return `{
"directed": false,
"multigraph": false,
"graph": ${JSON.stringify({ name: underlay.name })},
"nodes": ${oneALine(nodes)},
"links": ${oneALine(links)}
}
`;
}

function matrixJson(underlay: MatrixUnderlay): string {
  const n = underlay.hostIds.length;
  const rows = underlay.hostIds.map((_, from) => {
    return Array.from(underlay.delaysMs.subarray(from * n, (from + 1) * n), (delayMs) => delayMs * 2);
  });
  return `{
"name": ${JSON.stringify(underlay.name)},
"hosts": ${JSON.stringify(underlay.hostIds)},
"matrix": ${oneALine(rows)}
}
`;
}

function oneALine(items: readonly unknown[]): string {
  return items.length === 0 ? '[]' : `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
}

function routerNode({ id, label, latitude, longitude, x, y }: Router): object {
  return { id, ...(label === id ? {} : { label }), latitude, longitude, x, y };
}

function linkOf({ a, b, delayMs, jitterMs, loss, bandwidthMbps }: PhysicalLink, routers: readonly Router[]): object {
  return { source: routers[a]?.id, target: routers[b]?.id, delayMs, jitterMs, loss, bandwidthMbps };
}

function accessLink(host: DeclaredHost, routers: readonly Router[]): object {
  return { source: host.id, target: routers[host.router]?.id, delayMs: host.accessDelayMs };
}
