import { describe } from '../../../lib/core/errors.ts';
import { buildRouterUnderlay } from '../build.ts';
import type { RawLink, RawNode } from '../build.ts';
import type { RouterUnderlay, Underlay } from '../underlay.ts';
import { AttributeReader } from './attributes.ts';
import { isObject, own, parseJson } from './json-text.ts';
import type { JsonObject } from './json-text.ts';
import { LINKS_MAX, NODES_MAX } from './limits.ts';
import { matrixOfPairs, matrixOfRows } from './matrix-json.ts';
import { invalid, stem, tooLarge } from './text.ts';

/**
 * Reads JSON: a graph in the node-link form (`nodes`, and `links` or `edges`), as
 * networkx, d3 and topohub write it, or a latency matrix (`matrix-json.ts`),
 * told apart by their keys.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with line and column, or with a path like `links[3].delayMs`.
 */
export function parseJsonTopology(text: string, file: string): Underlay {
  const value = parseJson(text, file);
  if (Array.isArray(value)) {
    if (isObject(value[0])) invalid(file, '', 'an array of objects is neither node-link JSON nor a latency matrix');
    return matrixOfRows(value, undefined, file, '');
  }
  if (!isObject(value)) invalid(file, '', `expected an object or an array, got ${describe(value)}`);
  const nodes = own(value, 'nodes');
  if (Array.isArray(nodes)) return nodeLink(value, nodes, file);
  const matrix = own(value, 'matrix');
  if (Array.isArray(matrix)) {
    return matrixOfRows(matrix, own(value, 'hosts') ?? own(value, 'labels'), file, 'matrix', own(value, 'name'));
  }
  const pairs = own(value, 'data') ?? value;
  if (isObject(pairs) && Object.keys(pairs).length > 0 && Object.values(pairs).every(isObject)) {
    return matrixOfPairs(pairs, file, pairs === value ? '' : 'data');
  }
  return invalid(file, '', 'expected `nodes` with `links` or `edges`, or a latency matrix as `matrix`, `data` or an array of arrays');
}

function nodeLink(value: JsonObject, listed: readonly unknown[], file: string): RouterUnderlay {
  const linksKey = Array.isArray(own(value, 'links')) ? 'links' : 'edges';
  const listedLinks = own(value, linksKey);
  if (!Array.isArray(listedLinks)) invalid(file, '', 'expected an array `links` or `edges` beside `nodes`');
  if (listed.length > NODES_MAX) tooLarge(file, `${listed.length} nodes, at most ${NODES_MAX} are read`);
  if (listedLinks.length > LINKS_MAX) tooLarge(file, `${listedLinks.length} links, at most ${LINKS_MAX} are read`);
  const reader = new AttributeReader();
  const nodes = readNodes(listed, reader, file);
  const links = readLinks(listedLinks, linksKey, reader, file);
  const graph = own(value, 'graph');
  const name = own(isObject(graph) ? graph : value, 'name') ?? own(value, 'name');
  const notes = reader.notes(own(value, 'directed') === true);
  if (listed.some((node) => isObject(node) && Array.isArray(own(node, 'pos')))) {
    notes.push('Node attribute `pos` does not say whether it is in degrees; it is used for drawing only.');
  }
  return buildRouterUnderlay({
    name: typeof name === 'string' && name !== '' ? name : stem(file),
    nodes,
    links,
    notes,
    file,
    place: (kind, index, field) => `${kind === 'node' ? 'nodes' : linksKey}[${index}].${field}`,
  });
}

/** Nodes named by `id`; by their index, as old d3 does, where none of them has an id. */
function readNodes(listed: readonly unknown[], reader: AttributeReader, file: string): RawNode[] {
  const byIndex = !listed.some((node) => isObject(node) && Object.hasOwn(node, 'id'));
  return listed.map((node, index) => {
    const path = `nodes[${index}]`;
    if (!isObject(node)) invalid(file, path, `expected an object, got ${describe(node)}`);
    const id = byIndex ? String(index) : idOf(own(node, 'id'), file, `${path}.id`);
    const read = reader.node(id, (name) => own(node, name), (field, reason) => invalid(file, `${path}.${field}`, reason));
    return { ...read, ...position(own(node, 'pos')) };
  });
}

function readLinks(listed: readonly unknown[], key: string, reader: AttributeReader, file: string): RawLink[] {
  return listed.map((link, index) => {
    const path = `${key}[${index}]`;
    if (!isObject(link)) invalid(file, path, `expected an object, got ${describe(link)}`);
    const source = idOf(own(link, 'source'), file, `${path}.source`);
    const target = idOf(own(link, 'target'), file, `${path}.target`);
    return reader.link(source, target, (name) => own(link, name), (field, reason) => invalid(file, `${path}.${field}`, reason));
  });
}

function idOf(value: unknown, file: string, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return invalid(file, path, `expected an id, a string or a number, got ${describe(value)}`);
}

/** `pos: [x, y]` as topohub and networkx layouts have it. */
function position(pos: unknown): { x: number; y: number } | undefined {
  if (!Array.isArray(pos)) return undefined;
  const [x, y] = pos as unknown[];
  return typeof x === 'number' && typeof y === 'number' ? { x, y } : undefined;
}
