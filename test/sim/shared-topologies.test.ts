import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { readTopologyFile } from '../../sim/input/read-topology.ts';
import type { RouterUnderlay } from '../../sim/underlay/underlay.ts';

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url));
const TOPOLOGIES = `${SHARED}topologies/`;
const isThere = existsSync(TOPOLOGIES);

function routersOf(file: string): RouterUnderlay {
  const underlay = readTopologyFile(TOPOLOGIES + file);
  if (underlay.kind !== 'routers') throw new Error(`expected ${file} to be a router graph`);
  return underlay;
}

interface Listed {
  readonly file: string;
  readonly nodes: number;
  /** Undirected links of all components after merging; NaN for a matrix. */
  readonly links: number;
}

/** The rows of the tables `| file | bytes | nodes | links | ...` in the folders' READMEs. */
function listed(): Listed[] {
  const rows: Listed[] = [];
  for (const folder of readdirSync(TOPOLOGIES, { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    const readme = readFileSync(`${TOPOLOGIES}${folder.name}/README.md`, 'utf8');
    for (const [, file, nodes, links] of readme.matchAll(/^\| (\S+) \| \d+ \| (\d+) \| (\d+|matrix) \|/gm)) {
      rows.push({ file: `${folder.name}/${file}`, nodes: Number(nodes), links: links === 'matrix' ? NaN : Number(links) });
    }
  }
  return rows;
}

/** Links as listed in a file of which components are excluded, counted by their looks alone. */
function linksListed(file: string): number {
  const text = readFileSync(TOPOLOGIES + file, 'utf8');
  if (file.endsWith('.graphml')) return [...text.matchAll(/<edge /g)].length;
  if (file.endsWith('.cch')) return [...text.matchAll(/<\d+>/g)].length;
  return text.trim().split('\n').length;
}

interface OracleTopology {
  readonly variant: string;
  readonly file: string;
  readonly source: string;
  readonly input: { nodes: number; self_loops_dropped: number; parallel_merged: number; excluded: unknown[] };
  readonly used: { routers: number; links: number; links_default_1ms: number; zero_delay_links: number; total_link_delay: number; min_link_delay: number; max_link_delay: number };
}

function oracle(): OracleTopology[] {
  const { topologies } = JSON.parse(readFileSync(`${SHARED}topologies-oracle.json`, 'utf8')) as { topologies: OracleTopology[] };
  return topologies.filter((topology) => topology.variant === 'all');
}

describe.skipIf(!isThere)('the shared maps', () => {
  test.each(isThere ? listed() : [])('$file has $nodes nodes and $links links', ({ file, nodes, links }) => {
    const underlay = readTopologyFile(TOPOLOGIES + file);
    if (underlay.kind === 'matrix') {
      expect(underlay.hostIds.length + underlay.counts.excludedRouters).toBe(nodes);
      expect(links).toBeNaN();
      return;
    }
    expect(underlay.routers.length + underlay.counts.excludedRouters).toBe(nodes);
    if (underlay.counts.excludedRouters === 0) expect(underlay.links.length).toBe(links);
    else expect(linksListed(file) - underlay.counts.mergedLinks - underlay.counts.selfLoops).toBe(links);
  });

  test('every map in the folders is listed, and every listed map is there', () => {
    const files = readdirSync(TOPOLOGIES, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.includes('/') && !/README|LICENSE/.test(basename(path)));
    expect(listed().map((row) => row.file).sort()).toEqual(files.sort());
  });

  test.each(isThere ? oracle() : [])('$file is used as the oracle uses it', ({ file, input, used, source }) => {
    const underlay = routersOf(file);
    const delays = underlay.links.map((link) => link.delayMs);
    expect(underlay.routers[0]?.id).toBe(source);
    expect(underlay.counts).toMatchObject({
      mergedLinks: input.parallel_merged,
      selfLoops: input.self_loops_dropped,
      excludedRouters: input.excluded.length,
      defaultDelays: used.links_default_1ms,
    });
    expect([underlay.routers.length, underlay.links.length, delays.filter((delayMs) => delayMs === 0).length])
      .toEqual([used.routers, used.links, used.zero_delay_links]);
    // The oracle prints nine decimals.
    expect(Math.abs(delays.reduce((sum, delayMs) => sum + delayMs, 0) - used.total_link_delay)).toBeLessThan(1e-9);
    expect(Math.abs(Math.min(...delays) - used.min_link_delay)).toBeLessThan(1e-9);
    expect(Math.abs(Math.max(...delays) - used.max_link_delay)).toBeLessThan(1e-9);
  });

  test.each(['Abilene', 'Columbus', 'Garr201201'])('%s is the same underlay as GraphML and as GML', (name) => {
    // The two list their links in different orders.
    const sorted = (underlay: RouterUnderlay): RouterUnderlay => ({ ...underlay, links: [...underlay.links].sort((p, q) => p.a - q.a || p.b - q.b) });
    expect(sorted(routersOf(`zoo/${name}.gml`))).toEqual(sorted(routersOf(`zoo/${name}.graphml`)));
  });

  test('the same network is the same underlay in both forms of SNDlib', () => {
    const native = routersOf('sndlib/nobel-us.txt');
    const xml = routersOf('sndlib/nobel-us.xml');
    // The forms list nodes and links in different orders.
    const byIds = ({ routers, links }: RouterUnderlay): string[] => links.map(({ a, b, delayMs }) => {
      return [...[routers[a]?.id, routers[b]?.id].sort(), delayMs.toFixed(9)].join(' ');
    }).sort();
    expect(byIds(native)).toEqual(byIds(xml));
  });

  test('lengths that topohub gives and distances from SNDlib coordinates agree but for rounding', () => {
    const given = routersOf('topohub/sndlib-germany50.gml');
    const computed = routersOf('sndlib/germany50.txt');
    const total = (underlay: RouterUnderlay): number => underlay.links.reduce((sum, link) => sum + link.delayMs, 0);
    expect(given.counts.coordinateDelays).toBe(0);
    expect(Math.abs(total(given) / total(computed) - 1)).toBeLessThan(0.01);
  });

  test('what the READMEs say about dirt is found', () => {
    expect(routersOf('sndlib/zib54.txt').counts).toMatchObject({ mergedLinks: 1, defaultDelays: 80, coordinateDelays: 0 });
    expect(routersOf('sndlib/janos-us.txt').counts.mergedLinks).toBe(42);
    expect(routersOf('generators/ashiip.txt').counts.mergedLinks).toBe(1960 - 42);
    expect(routersOf('rocketfuel/2914.r0.cch').counts.selfLoops).toBe(7);
    const cities = readTopologyFile(`${TOPOLOGIES}latency/wonderproxy.csv`);
    expect(cities.notes).toContain('4 entries of 0 off the diagonal taken as missing.');
    expect(cities.notes).toContain('1 of 217 hosts excluded so that no pair lacks a measurement: Wellington.');
  });

  test.each(['zoo/README.md', 'zoo/LICENSE.mroughan+InternetTopologyZoo.txt', 'MANIFEST.json'])('%s is no map and is refused', (file) => {
    expect(() => readTopologyFile(TOPOLOGIES + file)).toThrow(expect.objectContaining({ name: 'OverlayError' }));
  });
});
