import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import type { SwitchTreeOptions } from '../../lib/core/config.ts';
import { SwitchTree } from '../../lib/overlay/switch-tree.ts';
import { GROUP } from '../support/builders.ts';
import { joinAll, membershipStep, oneSided, take } from '../support/membership-steps.ts';
import { TestNetwork, type TestPeer } from '../support/network.ts';

const SEED = 20_020_521;
const CHILDREN = 3;

const step = membershipStep({ joinWeight: 5, contactWeight: 1, shortMs: 60, longMs: 1500 });

/** Rounds follow each other so fast, and delays differ so much, that switches meet each other. */
function formed(seed: number, options: Partial<SwitchTreeOptions>): TestNetwork {
  const overlay = { kind: 'switch-tree', childrenMax: CHILDREN, switchIntervalMs: 150, refreshIntervalMs: 200, searchTimeoutMs: 100, gainPercent: 0, ...options } as const;
  const network = new TestNetwork({ seed, config: groupConfig({ overlay, dissemination: 'tree' }) });
  return joinAll(network);
}

function overlayOf({ engine }: TestPeer): SwitchTree | undefined {
  const overlay = engine.group(GROUP)?.overlay;
  if (overlay !== undefined && !(overlay instanceof SwitchTree)) throw new Error('expected a switch-tree');
  return overlay;
}

function checkLinks(peer: TestPeer): void {
  const overlay = overlayOf(peer);
  if (overlay === undefined) return;
  const { neighbours, links, place } = overlay;
  const broken = {
    self: neighbours.includes(peer.engine.self),
    twice: new Set(neighbours).size < neighbours.length,
    tooMany: links.children.length > CHILDREN,
    links: peer.links.size !== neighbours.length || !neighbours.every((other) => peer.links.has(other)),
    parts: neighbours.length !== links.children.length + (links.parent === undefined ? 0 : 1),
    role: (place.role === 'member') !== (links.parent !== undefined),
    path: links.parent !== undefined && place.path.at(-1)?.peer !== links.parent,
  };
  expect(broken).toEqual({ self: false, twice: false, tooMany: false, links: false, parts: false, role: false, path: false });
}

/** What makes it one tree: one root, symmetric links, as many as there are peers less one, all reached. */
function shapeOf(network: TestNetwork): object {
  const members = network.members();
  const [first] = members;
  const links = members.map((peer) => network.neighboursOf(peer).length).reduce((sum, count) => sum + count, 0);
  const roots = members.filter((peer) => overlayOf(peer)?.place.role === 'root').length;
  const reached = first === undefined ? 0 : network.component(first).length;
  return { roots, links, oneSided: oneSided(network), reached };
}

function aTree(members: number): object {
  return { roots: Math.min(1, members), links: 2 * Math.max(0, members - 1), oneSided: [], reached: members };
}

describe('switch-trees, whatever happens', () => {
  test.each<[string, Partial<SwitchTreeOptions>]>([
    ['by cost, two hops', {}],
    ['by delay, any', { goal: 'delay', scope: 'any' }],
    ['by cost, siblings', { scope: 'sibling' }],
    ['by delay, one hop', { goal: 'delay', scope: '1-hop' }],
  ])(`are one tree again in the end, and keep their bounds all the time: %s (seed ${SEED})`, (_, options) => {
    let loops = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50, size: 'max' }), fc.nat(), (steps, seed) => {
        const network = formed(seed, options);
        network.check = checkLinks;
        for (const action of steps) take(network, action);
        network.run(3000);
        network.settle();
        const members = network.members();
        expect(shapeOf(network)).toEqual(aTree(members.length));
        for (const peer of members) loops += overlayOf(peer)?.counters.loops ?? 0;
      }),
      { seed: SEED, numRuns: 10 },
    );
    // Two hops away is where switches can meet so that they make a loop.
    if (options.scope === undefined) expect(loops).toBeGreaterThan(0);
  });

  test(`are one tree again after messages were lost without a word and overtook each other (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), fc.nat(), fc.double({ min: 0, max: 0.4, noNaN: true }), (steps, seed, chance) => {
        const network = formed(seed, {});
        network.ordered = false;
        network.loss = { chance, reliable: true };
        network.check = checkLinks;
        for (const action of steps) take(network, action);
        network.loss = { chance: 0, reliable: true };
        network.ordered = true;
        network.run(8000);
        network.settle();
        expect(shapeOf(network)).toEqual(aTree(network.members().length));
      }),
      { seed: SEED, numRuns: 10 },
    );
  });
});
