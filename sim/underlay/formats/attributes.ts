import { describe } from '../../../lib/core/errors.ts';
import type { RawLink, RawNode } from '../raw-graph.ts';
import { counted, parseNumber } from './text.ts';

/** The value of the attribute with exactly this name, or `undefined`. */
export type Lookup = (name: string) => unknown;

/** Ends the reading at an attribute of the node or link at hand. */
export type Fail = (field: string, reason: string) => never;

/** Names under which the maps in use carry the same thing, the first that is there counts. */
const LATITUDE = ['latitude', 'Latitude', 'lat', 'Lat'];
const LONGITUDE = ['longitude', 'Longitude', 'lon', 'Lon', 'lng', 'Lng'];
const LABEL = ['label', 'Label', 'name'];
const LENGTH_KM = ['lengthKm', 'distanceKm', 'dist'];

/** Link attributes that look like a delay, a length or a capacity but leave their unit open. */
const UNITLESS = ['delay', 'latency', 'rtt', 'length', 'distance', 'bandwidth', 'capacity'];

/**
 * Reads the attributes that JSON, GraphML and GML share, under the names that the
 * README documents, and remembers what it had to ignore.
 */
export class AttributeReader {
  private readonly unitless = new Set<string>();
  private readonly kinds = new Set<string>();
  private readonly halfPlaced: string[] = [];
  private lengths = false;
  private otherKinds = 0;

  /** @param id The node's id as text. @param name Its label where no attribute gives one. */
  node(id: string, get: Lookup, fail: Fail, name?: string): RawNode {
    const latitude = numberOf(LATITUDE, get, fail);
    const longitude = numberOf(LONGITUDE, get, fail);
    if ((latitude === undefined) !== (longitude === undefined)) this.halfPlaced.push(id);
    const x = plane(get('x'));
    const y = plane(get('y'));
    const label = first(LABEL, get) ?? name;
    return {
      id,
      ...(typeof label === 'string' || typeof label === 'number' ? { label: String(label) } : {}),
      ...(latitude === undefined ? {} : { latitude }),
      ...(longitude === undefined ? {} : { longitude }),
      ...(x === undefined || y === undefined ? {} : { x, y }),
      kind: this.kind(get('kind')),
    };
  }

  link(source: string, target: string, get: Lookup, fail: Fail): RawLink {
    const delayMs = numberOf(['delayMs'], get, fail);
    const lengthKm = numberOf(LENGTH_KM, get, fail);
    const jitterMs = numberOf(['jitterMs'], get, fail);
    const loss = numberOf(['loss'], get, fail);
    const bandwidthMbps = numberOf(['bandwidthMbps'], get, fail);
    for (const name of UNITLESS) if (get(name) !== undefined) this.unitless.add(name);
    if (lengthKm !== undefined && delayMs === undefined) this.lengths = true;
    return {
      source,
      target,
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(lengthKm === undefined ? {} : { lengthKm }),
      ...(jitterMs === undefined ? {} : { jitterMs }),
      ...(loss === undefined ? {} : { loss }),
      ...(bandwidthMbps === undefined ? {} : { bandwidthMbps }),
    };
  }

  /** A sentence for each thing that was ignored or assumed so far. */
  notes(directed: boolean): string[] {
    const notes: string[] = [];
    if (directed) notes.push('The file says that the graph is directed; its links are taken as undirected.');
    if (this.lengths) notes.push('Link attribute `dist` (or `lengthKm`, `distanceKm`) taken as the physical length in km; it goes before coordinates.');
    if (this.unitless.size > 0) {
      notes.push(`Link attributes without a stated unit ignored: ${[...this.unitless].join(', ')} (read are delayMs, dist, bandwidthMbps, loss, jitterMs).`);
    }
    if (this.halfPlaced.length > 0) {
      notes.push(`${counted(this.halfPlaced.length, 'node')} with only one of latitude and longitude taken as without coordinates.`);
    }
    if (this.otherKinds > 0) notes.push(`${counted(this.otherKinds, 'node')} of another kind than host or router taken as routers: ${[...this.kinds].join(', ')}.`);
    return notes;
  }

  private kind(value: unknown): 'router' | 'host' {
    if (value === undefined || value === null || value === '' || value === 'router') return 'router';
    if (value === 'host') return 'host';
    this.otherKinds++;
    if (this.kinds.size < 5) this.kinds.add(describe(value));
    return 'router';
  }
}

function first(names: readonly string[], get: Lookup): unknown {
  for (const name of names) {
    const value = get(name);
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

/** Plane coordinates are for drawing only: what is no finite number is left out. */
function plane(value: unknown): number | undefined {
  const number = typeof value === 'string' ? parseNumber(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number + 0 : undefined;
}

/** The number under the first of these names that is there; null and empty text are absent, other text is an error. */
function numberOf(names: readonly string[], get: Lookup, fail: Fail): number | undefined {
  for (const name of names) {
    const value = get(name);
    if (value === undefined || value === null || value === '') continue;
    const number = typeof value === 'string' ? parseNumber(value) : value;
    if (typeof number !== 'number') fail(name, `expected ${name} to be a number, got ${describe(value)}`);
    return number + 0;
  }
  return undefined;
}
