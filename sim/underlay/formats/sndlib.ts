import { areDegrees } from '../geo.ts';
import type { RouterUnderlay } from '../underlay.ts';
import { GraphCollector } from './collector.ts';
import { invalid, lines, parseNumber, stem, words } from './text.ts';

/** A node of an SNDlib network, before it is known what its coordinates are. */
export interface SndlibNode {
  readonly id: string;
  readonly x?: number;
  readonly y?: number;
  readonly line: number;
}

/** A link of an SNDlib network. */
export interface SndlibLink {
  readonly source: string;
  readonly target: string;
  readonly line: number;
}

/** What the native and the XML form have in common. */
export interface SndlibNetwork {
  readonly file: string;
  readonly nodes: readonly SndlibNode[];
  readonly links: readonly SndlibLink[];
  /** What the file says about its coordinates; `unstated` in the native form. */
  readonly coordinates: 'geographic' | 'pixel' | 'unstated';
}

/**
 * Makes an underlay of an SNDlib network. Unstated coordinates count as degrees
 * when those of all nodes can be; pixels give no delay.
 */
export function buildSndlibUnderlay(network: SndlibNetwork): RouterUnderlay {
  const placed = network.nodes.filter((node) => node.x !== undefined && node.y !== undefined);
  const geographic = network.coordinates === 'geographic'
    || (network.coordinates === 'unstated' && placed.every((node) => areDegrees(node.y ?? 0, node.x ?? 0)));
  const notes: string[] = [];
  if (network.coordinates === 'pixel') notes.push('The file says that its coordinates are pixels; they give no delays.');
  else if (network.coordinates === 'unstated' && placed.length > 0) {
    notes.push(geographic
      ? 'Coordinates taken as longitude and latitude, since all are within their ranges; the file does not say so.'
      : 'Coordinates outside the ranges of longitude and latitude taken as pixels; they give no delays.');
  }
  const graph = new GraphCollector(network.file);
  for (const { id, x, y, line } of network.nodes) {
    if (x === undefined || y === undefined) graph.node({ id }, line);
    else graph.node(geographic ? { id, longitude: x, latitude: y } : { id, x, y }, line);
  }
  for (const { source, target, line } of network.links) graph.link({ source, target }, line);
  return graph.build(stem(network.file), notes);
}

/**
 * Reads the native form of SNDlib (http://sndlib.zib.de, Orlowski et al.,
 * Networks 55(3), 2010): the sections NODES and LINKS; the others are ignored.
 *
 * @throws OverlayError `INVALID_TOPOLOGY` with the line.
 */
export function parseSndlibNative(text: string, file: string): RouterUnderlay {
  const nodes: SndlibNode[] = [];
  const links: SndlibLink[] = [];
  const seen = new Set<string>();
  let section = '';
  /** Brackets open within the section; those of ADMISSIBLE_PATHS nest. */
  let depth = 0;
  let last = 0;
  for (const { text: line, number } of lines(text)) {
    last = number;
    const content = line.trim();
    if (content === '' || content.startsWith('#') || content.startsWith('?')) continue;
    if (section === '') {
      section = /^([A-Z_]+)\s*\($/.exec(content)?.[1] ?? '';
      if (section === '' && !/^[A-Z_]+\s*\(\s*\)$/.test(content)) invalid(file, `line ${number}`, 'expected the start of a section, like `NODES (`');
      if (seen.has(section) && section !== '') invalid(file, `line ${number}`, `a second section ${section}`);
      seen.add(section);
    } else if (content === ')') {
      if (depth === 0) section = '';
      else depth--;
    } else if (content.endsWith('(')) depth++;
    else if (section === 'NODES') nodes.push(nodeOf(content, file, number));
    else if (section === 'LINKS') links.push(linkOf(content, file, number));
  }
  if (section !== '') invalid(file, `line ${last}`, `the file ends inside the section ${section} (it may be cut off)`);
  if (!seen.has('NODES')) invalid(file, '', 'there is no section NODES');
  if (!seen.has('LINKS')) invalid(file, '', 'there is no section LINKS (the file may be cut off)');
  return buildSndlibUnderlay({ file, nodes, links, coordinates: 'unstated' });
}

/** `id ( x y )`, or only the id. */
function nodeOf(content: string, file: string, line: number): SndlibNode {
  const [id = '', open, x, y, close] = words(content.replaceAll('(', ' ( ').replaceAll(')', ' ) '));
  if (open === undefined) return { id, line };
  const place = `line ${line}`;
  const coordinates = [x, y].map((word) => parseNumber(word ?? ''));
  if (open !== '(' || close !== ')') invalid(file, place, 'expected a node as `id ( x y )`');
  const [xValue, yValue] = coordinates;
  if (xValue === undefined || yValue === undefined) return invalid(file, place, 'expected the coordinates of a node to be numbers');
  return { id, x: xValue, y: yValue, line };
}

/** `id ( source target ) ...`; what follows are capacities and costs. */
function linkOf(content: string, file: string, line: number): SndlibLink {
  const [, open, source, target, close] = words(content.replaceAll('(', ' ( ').replaceAll(')', ' ) '));
  if (open !== '(' || close !== ')' || source === undefined || target === undefined) {
    return invalid(file, `line ${line}`, 'expected a link as `id ( source target ) ...`');
  }
  return { source, target, line };
}
