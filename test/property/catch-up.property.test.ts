import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { GROUP } from '../support/builders.ts';
import { TestNetwork, type TestPeer } from '../support/network.ts';

const SEED = 20_260_311;

interface Step {
  readonly kind: 'publish' | 'join';
  readonly pick: number;
  readonly afterMs: number;
}

const schedule = fc.array(
  fc.record({
    kind: fc.constantFrom<Step['kind']>('publish', 'publish', 'publish', 'publish', 'join'),
    pick: fc.nat(1000),
    afterMs: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 400 })),
  }),
  { minLength: 10, maxLength: 60, size: 'max' },
);

function newNetwork(seed: number, options: GroupOptions): TestNetwork {
  const config = groupConfig({ overlay: { kind: 'hyparview', activeViewSize: 4, passiveViewSize: 8 }, repair: 'anti-entropy', gapTimeoutMs: 60_000, ...options });
  const network = new TestNetwork({ seed, config });
  network.join(0, []);
  network.join(1, [peerRef(0)]);
  // Two that begin a group find out that nobody knows more.
  network.run(1500);
  return network;
}

interface Expected {
  readonly message: DataMessage;
  /** Who knew at that time where it starts. */
  readonly by: readonly TestPeer[];
  /** What its publisher had been delivered before. */
  readonly past: ReadonlySet<string>;
}

function keyOf({ origin, epoch, seq }: DataMessage): string {
  return `${origin}/${epoch}/${seq}`;
}

/** Peers join through peer 0 while others publish. */
function run(network: TestNetwork, steps: readonly Step[]): Expected[] {
  const published: Expected[] = [];
  let members = 2;
  for (const { kind, pick, afterMs } of steps) {
    network.run(afterMs);
    if (kind === 'join') network.join(members++, [peerRef(0)]);
    else {
      const by = network.members().filter(({ engine }) => engine.group(GROUP)?.log.catchingUp === false);
      const message = network.publish(pick % members);
      const past = network.peers.get(peerRef(pick % members))?.delivered.slice(0, -1) ?? [];
      if (message !== undefined) published.push({ message, by, past: new Set(past.map(keyOf)) });
    }
  }
  network.run(30_000);
  return published;
}

function seqsByOrigin(peer: TestPeer): Map<PeerRef, number[]> {
  const seqs = new Map<PeerRef, number[]>();
  for (const { origin, seq } of peer.delivered) seqs.set(origin, [...(seqs.get(origin) ?? []), seq]);
  return seqs;
}

/** Of what a peer is delivered, all that a message comes after comes first. */
function expectCausal(network: TestNetwork, published: readonly Expected[]): void {
  const pasts = new Map(published.map(({ message, past }) => [keyOf(message), past]));
  const wrong: string[] = [];
  for (const { delivered } of network.members()) {
    const positions = new Map(delivered.map((message, i) => [keyOf(message), i]));
    for (const [key, position] of positions) {
      for (const past of pasts.get(key) ?? []) if ((positions.get(past) ?? -1) > position) wrong.push(`${key} before ${past}`);
    }
  }
  expect(wrong).toEqual([]);
}

function losses({ events }: TestPeer): unknown[] {
  return events.filter(({ kind }) => kind === 'lost');
}

describe.each(['fifo', 'causal'] as const)(`newcomers in %s order (seed ${SEED})`, (order) => {
  test.each([[true], [false]])('since now miss nothing from where they start on, report no losses and do not wait, on links that keep order: %s', (ordered) => {
    let late = 0;
    const prop = fc.property(fc.nat(), schedule, (seed, steps) => {
      const network = newNetwork(seed, { order, since: 'now' });
      network.ordered = ordered;
      const published = run(network, steps);
      for (const peer of network.members()) {
        expect([losses(peer), peer.engine.group(GROUP)?.log.heldBack(9)]).toEqual([[], []]);
        for (const seqs of seqsByOrigin(peer).values()) {
          expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
          if ((seqs[0] ?? 0) > 0) late++;
        }
      }
      if (order === 'causal') expectCausal(network, published);
      for (const { message, by } of published) {
        for (const { delivered } of by) expect(delivered.some(({ origin, seq }) => origin === message.origin && seq === message.seq)).toBe(true);
      }
    });
    fc.assert(prop, { seed: SEED, numRuns: 40, endOnFailure: true });
    expect(late).toBeGreaterThan(20);
  });

  test('since history get all that is kept, in order, and report only what is older', () => {
    let old = 0;
    const prop = fc.property(fc.nat(), schedule, fc.constantFrom(5, 1000), (seed, steps, historyMessagesMax) => {
      const network = newNetwork(seed, { order, since: 'history', historyMessagesMax, gapTimeoutMs: historyMessagesMax === 5 ? 500 : 60_000 });
      const published = run(network, steps);
      if (order === 'causal' && historyMessagesMax === 1000) expectCausal(network, published);
      for (const peer of network.members()) {
        const lost = losses(peer).length;
        if (historyMessagesMax === 1000) expect([lost, peer.delivered.length]).toEqual([0, published.length]);
        old += lost;
        expect(peer.engine.group(GROUP)?.log.heldBack(9)).toEqual([]);
        for (const seqs of seqsByOrigin(peer).values()) expect(seqs).toEqual([...seqs].sort((x, y) => x - y));
      }
    });
    fc.assert(prop, { seed: SEED, numRuns: 40, endOnFailure: true });
    expect(old).toBeGreaterThan(20);
  });
});

test(`newcomers since history get all that is kept without any repair (seed ${SEED})`, () => {
  const prop = fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), (seed, messages) => {
    const network = newNetwork(seed, { since: 'history', dissemination: 'flooding', repair: 'none', historyMessagesMax: 1000 });
    for (let i = 0; i < 20 * messages; i++) network.publish(i % 2);
    network.run(100);
    const newcomer = network.join(2, [peerRef(1)]);
    network.run(2000);
    expect(newcomer.delivered).toHaveLength(20 * messages);
    expect(newcomer.events.filter(({ kind }) => kind === 'caughtUp')).toHaveLength(1);
  });
  fc.assert(prop, { seed: SEED, numRuns: 20 });
});
