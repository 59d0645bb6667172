import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import { peerRef } from '../../lib/core/ids.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import { TestNetwork, type TestPeer } from '../support/network.ts';

const SEED = 20_070_410;

/** Where peers meet: over HyParView, or over links that are given. */
const size = fc.integer({ min: 2, max: 16 });

/** A HyParView group that has come to rest. */
function mesh(seed: number, peers: number, options: GroupOptions): TestNetwork {
  const config = groupConfig({ overlay: { kind: 'hyparview', activeViewSize: 4, passiveViewSize: 8 }, ...options });
  const network = new TestNetwork({ seed, config });
  for (let i = 0; i < peers; i++) {
    network.join(i, [peerRef(0)]);
    network.run(100);
  }
  network.run(3000);
  return network;
}

/** A random connected graph: a random tree, and as many links more as there are peers. */
function graph(seed: number, peers: number, options: GroupOptions, extraLinks = peers): TestNetwork {
  const random = new Random(seed, 1);
  const neighbours = Array.from({ length: peers }, () => new Set<number>());
  const link = (a: number, b: number): void => {
    if (a === b) return;
    neighbours[a]?.add(b);
    neighbours[b]?.add(a);
  };
  for (let i = 1; i < peers; i++) link(i, random.below(i));
  for (let i = 0; i < extraLinks; i++) link(random.below(peers), random.below(peers));
  const network = new TestNetwork({ seed, config: groupConfig({ overlay: 'static', ...options }) });
  for (const [i, refs] of neighbours.entries()) network.join(i, [...refs].map(peerRef));
  return network;
}

/** Everybody knows everybody. */
function full(seed: number, peers: number, options: GroupOptions): TestNetwork {
  const network = new TestNetwork({ seed, config: groupConfig({ overlay: 'full', ...options }) });
  const all = Array.from({ length: peers }, (_, i) => peerRef(i));
  for (let i = 0; i < peers; i++) network.join(i, all);
  return network;
}

interface Workload {
  readonly source: number;
  readonly afterMs: number;
}

const workload = fc.array(
  fc.record({ source: fc.nat({ max: 15 }), afterMs: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1500 })) }),
  { minLength: 1, maxLength: 25, size: 'max' },
);

function publishAll(network: TestNetwork, messages: readonly Workload[], peers: number): DataMessage[] {
  return messages.flatMap(({ source, afterMs }) => {
    network.run(afterMs);
    return network.publish(source % peers) ?? [];
  });
}

function keyOf({ origin, epoch, seq }: DataMessage): string {
  return `${origin}/${epoch}/${seq}`;
}

/** How often each peer delivered each message: all ones when everyone got everything exactly once. */
function deliveries(peers: readonly TestPeer[], messages: readonly DataMessage[]): number[] {
  return peers.flatMap(({ delivered }) => {
    const counts = new Map<string, number>();
    for (const message of delivered) counts.set(keyOf(message), (counts.get(keyOf(message)) ?? 0) + 1);
    return messages.map((message) => counts.get(keyOf(message)) ?? 0);
  });
}

function expectExactlyOnce(peers: readonly TestPeer[], messages: readonly DataMessage[]): void {
  expect(deliveries(peers, messages)).toEqual(new Array<number>(peers.length * messages.length).fill(1));
}

const FORWARDING: readonly (readonly [string, GroupOptions])[] = [
  ['flooding', { dissemination: 'flooding' }],
  ['Plumtree with a shared tree', { dissemination: 'plumtree' }],
  ['Plumtree with a tree per source', { dissemination: { kind: 'plumtree', tree: 'per-source' } }],
  ['Plumtree that optimises eagerly', { dissemination: { kind: 'plumtree', optimizationThreshold: 1 } }],
  ['Plumtree that grafts in haste', { dissemination: { kind: 'plumtree', iHaveDelayMs: 5, graftTimeoutMs: 6, graftRetryMs: 3, optimizationThreshold: 1 } }],
];

describe.each(FORWARDING)('%s delivers every message to every connected peer exactly once', (_, options) => {
  test(`over HyParView (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.nat(), size, workload, (seed, peers, messages) => {
        const network = mesh(seed, peers, options);
        const published = publishAll(network, messages, peers);
        network.run(5000);
        const [first] = network.members();
        if (first === undefined) return;
        expect(network.component(first)).toHaveLength(peers);
        expectExactlyOnce(network.members(), published);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test(`over a given graph, on links that do not keep order (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.nat(), size, workload, (seed, peers, messages) => {
        const network = graph(seed, peers, options);
        network.ordered = false;
        const published = publishAll(network, messages, peers);
        network.run(5000);
        expectExactlyOnce(network.members(), published);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

test(`tree multicast over a tree delivers exactly once and sends n - 1 payloads for each message (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.nat(), size, workload, (seed, peers, messages) => {
      const network = graph(seed, peers, { dissemination: 'tree' }, 0);
      const published = publishAll(network, messages, peers);
      network.run(5000);
      expectExactlyOnce(network.members(), published);
      expect(network.payloadsSent).toBe(published.length * (peers - 1));
    }),
    { seed: SEED, numRuns: 60 },
  );
});

test.each([['none'], ['anti-entropy']] as const)(`Plumtree with one source and repair %s comes to send n - 1 payloads for each message (SRDS 2007, section 3.4) (seed ${SEED})`, (repair) => {
  fc.assert(
    fc.property(fc.nat(), size, (seed, peers) => {
      const network = mesh(seed, peers, { dissemination: { kind: 'plumtree', optimizationThreshold: 0 }, repair });
      for (let i = 0; i < 10; i++) {
        network.publish(0);
        network.run(3000);
      }
      const before = network.payloadsSent;
      for (let i = 0; i < 40; i++) {
        network.publish(0);
        network.run(50);
      }
      network.run(3000);
      expect(network.payloadsSent - before).toBe(40 * (peers - 1));
    }),
    { seed: SEED, numRuns: 25 },
  );
});

test(`Plumtree reaches all who are left after peers crash (section 3.6) (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 6, max: 16 }), fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { maxLength: 4 }), workload, (seed, peers, crashed, messages) => {
      const network = mesh(seed, peers, { dissemination: 'plumtree' });
      publishAll(network, messages, peers);
      for (const i of crashed) if (i < peers) network.crash(i);
      network.run(5000);
      const [first] = network.members();
      if (first === undefined || network.neighboursOf(first).length === 0) return;
      const reachable = network.component(first);
      const published = [0, 1, 2].flatMap(() => {
        network.run(200);
        return network.publish(0) ?? [];
      });
      network.run(8000);
      expectExactlyOnce(reachable, published);
    }),
    { seed: SEED, numRuns: 60 },
  );
});

const ANTI_ENTROPY_MODES = [['push'], ['pull'], ['push-pull']] as const;

describe('anti-entropy (Demers et al. 1987, section 1.3)', () => {
  test.each(ANTI_ENTROPY_MODES)(`with %s brings everyone everything once packets get through (seed ${SEED})`, (mode) => {
    fc.assert(
      fc.property(fc.nat(), size, workload, fc.double({ min: 0, max: 1, noNaN: true }), (seed, peers, messages, chance) => {
        const network = full(seed, peers, { dissemination: { kind: 'anti-entropy', mode } });
        network.loss = { chance, reliable: true };
        const published = publishAll(network, messages, peers);
        network.loss = { chance: 0, reliable: false };
        network.run(40_000);
        expectExactlyOnce(network.members(), published);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test(`repairs whatever a lossy flood or Plumtree left out (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.nat(), size, workload, fc.double({ min: 0, max: 0.9, noNaN: true }), fc.constantFrom('flooding' as const, 'plumtree' as const), (seed, peers, messages, chance, dissemination) => {
        const network = graph(seed, peers, { dissemination, repair: 'anti-entropy' });
        network.loss = { chance, reliable: true };
        const published = publishAll(network, messages, peers);
        network.loss = { chance: 0, reliable: false };
        network.run(60_000);
        expectExactlyOnce(network.members(), published);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

describe('FIFO order', () => {
  test(`never delivers out of order, and accounts for every message as delivered or lost (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.nat(), size, workload, fc.double({ min: 0, max: 0.6, noNaN: true }), (seed, peers, messages, chance) => {
        const network = graph(seed, peers, { dissemination: 'flooding', order: 'fifo', gapTimeoutMs: 700, orderBufferMax: 4 });
        network.ordered = false;
        network.loss = { chance, reliable: true };
        publishAll(network, messages, peers);
        network.run(10_000);
        for (const peer of network.members()) expect(accountOf(peer, peers)).toEqual(inOrder(peer, peers));
      }),
      { seed: SEED, numRuns: 80 },
    );
  });

  test(`delivers everything where anti-entropy repairs in time (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.nat(), size, workload, (seed, peers, messages) => {
        const network = full(seed, peers, {
          dissemination: 'flooding', order: 'fifo', repair: { kind: 'anti-entropy', cycleMs: 200 }, gapTimeoutMs: 60_000,
        });
        network.ordered = false;
        network.loss = { chance: 0.3, reliable: true };
        const published = publishAll(network, messages, peers);
        network.loss = { chance: 0, reliable: false };
        network.run(20_000);
        expectExactlyOnce(network.members(), published);
        for (const peer of network.members()) expect(accountOf(peer, peers)).toEqual(inOrder(peer, peers));
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

/** What a peer delivered and gave up of each origin, by number: delivered numbers as they came, lost ones merged in. */
function accountOf(peer: TestPeer, peers: number): number[][] {
  return Array.from({ length: peers }, (_, i) => {
    const delivered = peer.delivered.filter(({ origin }) => origin === peerRef(i)).map(({ seq }) => seq);
    const lost = peer.events.flatMap((event) =>
      event.kind === 'lost' && event.origin === peerRef(i)
        ? Array.from({ length: event.toSeq - event.fromSeq + 1 }, (_unused, j) => event.fromSeq + j)
        : [],
    );
    // Rising as delivered; then, with what was lost, without gap or repetition from 0 on.
    const rising = delivered.every((seq, j) => j === 0 || seq > (delivered[j - 1] ?? seq));
    return rising ? [...delivered, ...lost].sort((x, y) => x - y) : [-1];
  });
}

function inOrder(peer: TestPeer, peers: number): number[][] {
  return accountOf(peer, peers).map((account) => account.map((_, i) => i));
}

test(`two runs with one seed give the same deliveries at the same peers (seed ${SEED})`, () => {
  const run = (): string[][] => {
    const network = mesh(SEED, 12, { dissemination: 'plumtree', repair: 'anti-entropy', order: 'fifo' });
    network.loss = { chance: 0.2, reliable: false };
    for (let i = 0; i < 12; i++) {
      network.publish(i);
      network.run(137);
    }
    network.crash(3);
    network.run(4000);
    return network.members().map(({ delivered }) => delivered.map((message) => `${keyOf(message)} ${message.hops}`));
  };
  expect(run()).toEqual(run());
});
