import type { RouterUnderlay } from '../underlay.ts';

/** Positions in DOT are points (1/72 inch): half an inch a degree. A guess at what reads well. */
const POINTS_PER_DEGREE = 36;

/**
 * Writes a router graph in the DOT language of Graphviz, for drawing: routers as
 * circles at their coordinates where they have some, hosts as boxes, links
 * labelled with their delay in ms. There is no reader for it.
 */
export function toDot(underlay: RouterUnderlay): string {
  const { routers, links, hosts } = underlay;
  const lines = [
    `graph ${quoted(underlay.name)} {`,
    '  node [shape=circle];',
    ...routers.map((router) => `  ${quoted(router.id)} [label=${quoted(router.label)}${position(router.longitude, router.latitude)}];`),
    ...hosts.map((host) => `  ${quoted(host.id)} [shape=box];`),
    ...links.map((link) => `  ${quoted(routers[link.a]?.id)} -- ${quoted(routers[link.b]?.id)} [label="${milliseconds(link.delayMs)}"];`),
    ...hosts.map((host) => `  ${quoted(host.id)} -- ${quoted(routers[host.router]?.id)}${accessLabel(host.accessDelayMs)};`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function position(longitude: number | undefined, latitude: number | undefined): string {
  if (longitude === undefined || latitude === undefined) return '';
  return `, pos="${rounded(longitude * POINTS_PER_DEGREE)},${rounded(latitude * POINTS_PER_DEGREE)}"`;
}

function accessLabel(delayMs: number | undefined): string {
  return delayMs === undefined ? '' : ` [label="${milliseconds(delayMs)}"]`;
}

function milliseconds(delayMs: number): string {
  return `${rounded(delayMs)} ms`;
}

/** Three decimals, which are enough for a drawing. */
function rounded(value: number): number {
  return Number(value.toFixed(3));
}

/** A DOT string: only the quote and the backslash are special in it. */
function quoted(text = ''): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
}
