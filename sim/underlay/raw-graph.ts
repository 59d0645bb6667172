import { describe, OverlayError } from '../../lib/core/errors.ts';
import { LINKS_MAX, NODES_MAX } from './formats/limits.ts';

/** A node as a file or a generator gives it. */
export interface RawNode {
  /** Unique among the nodes, hosts included. */
  readonly id: string;
  /** A human-readable name; the id when absent or empty. */
  readonly label?: string;
  /** Degrees; count only together. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Plane coordinates; they never give a delay. */
  readonly x?: number;
  readonly y?: number;
  /** `router` when absent. A host hangs off exactly one router by one link and forwards nothing. */
  readonly kind?: 'router' | 'host';
}

/** A link as it is listed; whether `source` and `target` are swapped makes no difference. */
export interface RawLink {
  /** Node ids. */
  readonly source: string;
  readonly target: string;
  /** One-way delay in ms, finite, at least 0. */
  readonly delayMs?: number;
  /** Physical length in km, finite, at least 0; gives the delay where `delayMs` is absent. */
  readonly lengthKm?: number;
  /** Finite, at least 0. */
  readonly jitterMs?: number;
  /** 0 <= loss < 1. */
  readonly loss?: number;
  /** Finite, above 0. */
  readonly bandwidthMbps?: number;
}

/** What readers and generators hand to `buildRouterUnderlay`. */
export interface RawGraph {
  readonly name: string;
  /** In file order, which is the order of the router indices. */
  readonly nodes: readonly RawNode[];
  /** As listed: parallel links and self-loops included. */
  readonly links: readonly RawLink[];
  /** Sentences about what the reader itself ignored or assumed; they come first in the underlay's notes. */
  readonly notes?: readonly string[];
  /** The file as errors name it; `name` when absent. */
  readonly file?: string;
  /**
   * Where a node or link stands in the file, for errors: `line 12`, or
   * `links[3].delayMs` where a format can name the field. Without it an error
   * says `nodes[i].field` or `links[i].field`.
   */
  readonly place?: (kind: 'node' | 'link', index: number, field: string) => string;
}

/** The ends of the links as node indices, by link. */
export interface LinkEnds {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/**
 * Checks every value of a graph and resolves the ends of its links.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` for the first wrong value, in file
 *   order, nodes first; `TOPOLOGY_TOO_LARGE` above the limits.
 */
export function checkGraph(raw: RawGraph): LinkEnds {
  const file = raw.file ?? raw.name;
  if (raw.nodes.length === 0) throw new OverlayError('INVALID_TOPOLOGY', `${file}: there are no nodes.`);
  atMost(file, raw.nodes.length, NODES_MAX, 'nodes');
  atMost(file, raw.links.length, LINKS_MAX, 'links');
  return linkEnds(raw, nodeIndices(raw));
}

function atMost(file: string, count: number, limit: number, what: string): void {
  if (count <= limit) return;
  throw new OverlayError('TOPOLOGY_TOO_LARGE', `${file}: ${count} ${what}, at most ${limit} are read.`);
}

/** Checks the nodes and gives the index of each id. */
function nodeIndices(raw: RawGraph): Map<string, number> {
  const indices = new Map<string, number>();
  for (const [index, node] of raw.nodes.entries()) {
    const first = indices.get(node.id);
    if (first !== undefined) {
      wrong(raw, 'node', index, 'id', `the id ${describe(node.id)} is already that of node ${first} (counted from 0)`);
    }
    indices.set(node.id, index);
    if (node.latitude !== undefined && !(Math.abs(node.latitude) <= 90)) {
      wrong(raw, 'node', index, 'latitude', `expected latitude within -90..90, got ${node.latitude}`);
    }
    if (node.longitude !== undefined && !(Math.abs(node.longitude) <= 180)) {
      wrong(raw, 'node', index, 'longitude', `expected longitude within -180..180, got ${node.longitude}`);
    }
    for (const field of ['x', 'y'] as const) {
      const value = node[field];
      if (value !== undefined && !Number.isFinite(value)) wrong(raw, 'node', index, field, `expected a finite ${field}, got ${value}`);
    }
  }
  return indices;
}

function linkEnds(raw: RawGraph, indices: ReadonlyMap<string, number>): LinkEnds {
  const a = new Int32Array(raw.links.length);
  const b = new Int32Array(raw.links.length);
  for (const [index, link] of raw.links.entries()) {
    a[index] = indices.get(link.source) ?? unknownEnd(raw, index, 'source', link.source);
    b[index] = indices.get(link.target) ?? unknownEnd(raw, index, 'target', link.target);
    checkLink(raw, index, link);
  }
  return { a, b };
}

function checkLink(raw: RawGraph, index: number, link: RawLink): void {
  for (const field of ['delayMs', 'lengthKm', 'jitterMs'] as const) {
    const value = link[field];
    if (value === undefined || (value >= 0 && value < Infinity)) continue;
    wrong(raw, 'link', index, field, `expected ${field} to be finite and at least 0, got ${value}`);
  }
  if (link.loss !== undefined && !(link.loss >= 0 && link.loss < 1)) {
    wrong(raw, 'link', index, 'loss', `expected loss to be at least 0 and below 1, got ${link.loss}`);
  }
  if (link.bandwidthMbps !== undefined && !(link.bandwidthMbps > 0 && link.bandwidthMbps < Infinity)) {
    wrong(raw, 'link', index, 'bandwidthMbps', `expected bandwidthMbps to be finite and above 0, got ${link.bandwidthMbps}`);
  }
}

function unknownEnd(raw: RawGraph, index: number, field: 'source' | 'target', id: string): never {
  return wrong(raw, 'link', index, field, `no node has the id ${describe(id)}`);
}

/** Whether the node with this index is a host. */
export function isHost(raw: RawGraph, node: number): boolean {
  return raw.nodes[node]?.kind === 'host';
}

/** Ends the reading with the place of a node or link. */
export function wrong(raw: RawGraph, kind: 'node' | 'link', index: number, field: string, reason: string): never {
  const where = raw.place === undefined ? `${kind}s[${index}].${field}` : raw.place(kind, index, field);
  throw new OverlayError('INVALID_TOPOLOGY', `${raw.file ?? raw.name}, ${where}: ${reason}.`);
}
