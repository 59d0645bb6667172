import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage, Message } from '../../lib/core/messages.ts';
import { type ComparisonOptions, compare } from '../../sim/experiments/comparison.ts';
import type { ProtocolResult } from '../../sim/report/report.ts';
import { generateTopology } from '../../sim/underlay/generate/generators.ts';
import { SilentObserver } from '../../sim/world/observer.ts';
import { World } from '../../sim/world/world.ts';
import { equalPaths } from './equal-delays.ts';

const map = generateTopology('transit-stub', {}, 1);

function result(protocol: string, options: ComparisonOptions = {}, underlay = map): ProtocolResult {
  const [only] = compare(underlay, 'map', { protocols: [protocol], warmUpMessages: 20, messages: 5, seed: 1, ...options }).results;
  if (only === undefined) throw new Error('one protocol, one result');
  return only;
}

describe('anti-entropy reaches every peer on a map of 104 hosts (seed 1)', () => {
  test.each(['connectionLimit=1', 'connectionLimit=1:huntLimit=4', 'spatial', 'recent', 'recent:push', 'recent:pull:spatial:connectionLimit=2'])('%s', (variant) => {
    for (const loss of [0, 0.05]) expect(result(`anti-entropy:${variant}`, { loss }).reliability).toBe(1);
  });
});

test('objects and bytes on the wire give the same trace, and the same seed the same one (seed 1)', () => {
  for (const protocol of ['anti-entropy:recent:spatial:connectionLimit=1:huntLimit=2', 'rumor:push-pull:minimization:spatial:connectionLimit=1']) {
    const hashes = (['objects', 'bytes', 'objects'] as const).map((wire) => result(protocol, { wire, messages: 2, warmUpMessages: 2 }, generateTopology('ring', { routers: 16 }, 1)).traceHash);
    expect(new Set(hashes).size).toBe(1);
  }
});

test('Demers et al. section 3: spatial partners use less of the network than uniform ones (seed 1)', () => {
  for (const protocol of ['anti-entropy', 'rumor:push-pull:k=3']) {
    const [uniform, spatial] = ['uniform', 'spatial'].map((partner) => result(`${protocol}:${partner}`).resourceUsage ?? NaN);
    expect(spatial, protocol).toBeLessThan(0.8 * (uniform as number));
  }
});

/** Counts bytes of control messages by kind, and what is delivered. */
class Counter extends SilentObserver {
  readonly bytes = new Map<string, number>();
  delivered = 0;

  override onTransmission(_timeUs: number, _from: PeerRef, _to: PeerRef, { kind }: Message, bytes: number): void {
    this.bytes.set(kind, (this.bytes.get(kind) ?? 0) + bytes);
  }

  override onDelivery(_timeUs: number, _peer: PeerRef, _from: PeerRef, _message: DataMessage): void {
    this.delivered++;
  }
}

describe('Demers et al. section 1.3: with checksums what is exchanged does not grow with what is known', () => {
  const PEERS = 30;

  /** All have published once, long ago, and one publishes now: bytes of a cycle in which that is news. */
  function world(exchange: 'full' | 'recent'): { delivered: number; bytes: ReadonlyMap<string, number> } {
    const counter = new Counter();
    const made = new World(equalPaths(PEERS), { seed: 3, observer: counter });
    const members = Array.from({ length: PEERS }, (_, peer) => peerRef(peer));
    const config = groupConfig({ overlay: 'full', dissemination: { kind: 'anti-entropy', exchange, recentMs: 12_000 }, repair: 'none' });
    for (const peer of members) made.join(peer, config, members);
    for (const peer of members) made.publish(peer, new Uint8Array(10));
    made.run(60_000);
    counter.bytes.clear();
    counter.delivered = 0;
    made.publish(7, new Uint8Array(10));
    made.run(80_000);
    return { delivered: counter.delivered, bytes: counter.bytes };
  }

  test('all get the news; lists of what came lately take the place of digests, and are a quarter of them at most (seed 3)', () => {
    const [full, recent] = [world('full'), world('recent')];
    expect([full.delivered, recent.delivered]).toEqual([PEERS, PEERS]);
    expect(recent.bytes.has('digest')).toBe(false);
    expect(full.bytes.has('recent')).toBe(false);
    expect((recent.bytes.get('recent') ?? NaN) / (full.bytes.get('digest') ?? NaN)).toBeLessThan(0.25);
  });

  test('a peer that was away for longer than tau, and has lost everything, gets it all', () => {
    const counter = new Counter();
    const made = new World(equalPaths(PEERS), { seed: 4, observer: counter });
    const members = Array.from({ length: PEERS }, (_, peer) => peerRef(peer));
    const config = groupConfig({ overlay: 'full', dissemination: { kind: 'anti-entropy', exchange: 'recent', recentMs: 5000, connectionLimit: 1 }, repair: 'none' });
    for (const peer of members) made.join(peer, config, members);
    for (let message = 0; message < 20; message++) made.publish(1 + (message % 5), new Uint8Array(10));
    made.run(40_000);
    made.crash(9);
    made.run(60_000);
    counter.delivered = 0;
    made.join(9, config, members);
    made.run(90_000);
    expect(counter.delivered).toBe(20);
    expect(counter.bytes.get('digest')).toBeGreaterThan(0);
  });
});
