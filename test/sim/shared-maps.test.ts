import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compare } from '../../sim/experiments/comparison.ts';
import { PROTOCOLS } from '../../sim/experiments/protocols.ts';
import { readTopologyFile } from '../../sim/input/read-topology.ts';
import { renderJson } from '../../sim/report/json.ts';
import { renderTable } from '../../sim/report/table.ts';

/** The main job on every real map that is there: it runs, and what it prints makes sense. `shared-topologies.test.ts` checks what is read. */

const TOPOLOGIES = fileURLToPath(new URL('../../../shared/topologies/', import.meta.url));
const isThere = existsSync(TOPOLOGIES);
const maps = isThere
  ? readdirSync(TOPOLOGIES, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/') && !/README|LICENSE/.test(basename(path))).sort()
  : [];

/** Above this many possible hosts a map is run with some of them, to save time. */
const HOSTS_MAX = 45;

describe.skipIf(!isThere)('on every shared map', () => {
  test.each(maps)('%s: every protocol has sound figures', (file) => {
    const underlay = readTopologyFile(TOPOLOGIES + file);
    const possible = underlay.kind === 'matrix' ? underlay.hostIds.length : underlay.hosts.length || underlay.routers.length;
    const hosts = possible > HOSTS_MAX ? `random:${HOSTS_MAX}` : 'all';
    const report = compare(underlay, file, { hosts, warmUpMessages: 4, messages: 2 });

    const json = renderJson(report);
    expect(JSON.parse(json)).toEqual(report);
    expect(Math.max(...renderTable(report).split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(report.results.map(({ protocol }) => protocol)).toEqual(PROTOCOLS.map(({ name }) => name));
    for (const note of report.notes) expect(note).toMatch(/^[A-Z0-9].*\.$/);

    for (const result of report.results) {
      const { protocol, reliability, rdp, rmd, treeCost, linkStress, resourceUsage, normalizedResourceUsage, relativeMessageRedundancy } = result;
      if (protocol === 'rumor') expect(reliability, protocol).toBeGreaterThan(0.7);
      else expect(reliability, protocol).toBe(1);
      expect(Math.abs(result.residue - ((1 - reliability) * (report.underlay.hosts - 1)) / report.underlay.hosts)).toBeLessThan(1e-9);
      if (underlay.kind === 'matrix') {
        expect([linkStress, resourceUsage, normalizedResourceUsage]).toEqual([null, null, null]);
        continue;
      }
      // A path over several hops is never shorter than the shortest.
      expect(rdp?.min ?? 1, protocol).toBeGreaterThanOrEqual(1 - 1e-9);
      expect(rmd ?? 1, protocol).toBeGreaterThanOrEqual(1 - 1e-9);
      if (reliability === 1 && protocol !== 'ip-multicast') expect(treeCost.ratioToMst ?? 1, protocol).toBeGreaterThanOrEqual(1 - 1e-9);
      // Without duplicates a tree costs what it uses.
      if (relativeMessageRedundancy === 0) expect(resourceUsage, protocol).toBeCloseTo(treeCost.value ?? NaN, 6);
      else expect(resourceUsage ?? NaN, protocol).toBeGreaterThan(treeCost.value ?? NaN);
      expect(linkStress?.directed.all.sum, protocol).toBeCloseTo(linkStress?.undirected.all.sum ?? NaN, 6);
      expect(linkStress?.undirected.all.max ?? NaN, protocol).toBeGreaterThanOrEqual(linkStress?.directed.all.max ?? NaN);
    }
  });

  test('the same map twice gives the same bytes', () => {
    const [once, again] = [1, 2].map(() => renderJson(compare(readTopologyFile(`${TOPOLOGIES}zoo/Geant2012.graphml`), 'Geant2012', { loss: 0.05, links: true })));
    expect(again).toBe(once);
  });
});
