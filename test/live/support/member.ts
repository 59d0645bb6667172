import type { JoinOptions, PeerOptions } from '../../../lib/node/options.ts';
import { createPeer } from '../../../lib/node/create-peer.ts';
import type { Group } from '../../../lib/node/group.ts';
import type { Peer } from '../../../lib/node/peer.ts';

/** A process with several peers of one group, told by its parent what to do. See `processes.ts`. */

export interface OpenOrder {
  readonly peers: number;
  readonly options: PeerOptions;
  readonly join: JoinOptions;
}

export type Order =
  | ({ readonly kind: 'open' } & OpenOrder)
  | { readonly kind: 'ready'; readonly neighbours: number; readonly timeoutMs: number }
  /** Peer `peer` publishes `count` messages `label-0`, `label-1`, ..., one every `everyMs`. */
  | { readonly kind: 'publish'; readonly peer: number; readonly label: string; readonly count: number; readonly everyMs: number }
  /** How many different messages with a label that begins so each peer has, and how many came twice. */
  | { readonly kind: 'counts'; readonly prefix: string }
  /** The messages that peer `peer` has, by text. */
  | { readonly kind: 'messages'; readonly peer: number; readonly prefix: string }
  | { readonly kind: 'stats' }
  | { readonly kind: 'close' };

export interface Counts {
  readonly different: number;
  readonly twice: number;
}

export interface MemberStats {
  /** Of all peers: neighbours, deliveries, payloads that had come before. */
  readonly neighbours: readonly number[];
  readonly delivered: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly rssMb: number;
  readonly peers: readonly Readonly<Record<string, Readonly<Record<string, number>>>>[];
}

export type Answer = { readonly order: number; readonly result: unknown } | { readonly order: number; readonly error: string };

class Member {
  readonly peer: Peer;
  readonly group: Group;
  readonly heard = new Map<string, number>();

  constructor(peer: Peer, join: JoinOptions) {
    this.peer = peer;
    this.group = peer.join('test', join);
    this.group.on('message', ({ data }) => {
      const text = data.toString();
      this.heard.set(text, (this.heard.get(text) ?? 0) + 1);
    });
  }

  counts(prefix: string): Counts {
    const counts = [...this.heard].filter(([text]) => text.startsWith(prefix)).map(([, count]) => count);
    return { different: counts.length, twice: counts.filter((count) => count > 1).length };
  }

  async publish(label: string, count: number, everyMs: number): Promise<number> {
    const startMs = performance.now();
    for (let i = 0; i < count; i++) {
      const waitMs = startMs + i * everyMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const text = `${label}-${i}`;
      // Its own messages count as heard: a peer does not get them back.
      this.heard.set(text, (this.heard.get(text) ?? 0) + 1);
      await this.group.publish(Buffer.from(text));
    }
    return count;
  }
}

const members: Member[] = [];

async function obey(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'open': return open(order);
    case 'ready':
      await Promise.all(members.map(({ group }) => group.ready({ neighbours: order.neighbours, timeoutMs: order.timeoutMs })));
      return undefined;
    case 'publish': return members[order.peer]?.publish(order.label, order.count, order.everyMs);
    case 'counts': return members.map((member) => member.counts(order.prefix));
    case 'messages': return [...members[order.peer]?.heard.keys() ?? []].filter((text) => text.startsWith(order.prefix));
    case 'stats': return stats();
    case 'close':
      await Promise.all(members.map(({ peer }) => peer.close()));
      return undefined;
  }
}

async function open({ peers, options, join }: OpenOrder): Promise<readonly string[][]> {
  const addresses: string[][] = [];
  for (let i = 0; i < peers; i++) {
    const known = addresses[0] ?? [];
    const bootstrap = options.bootstrap === undefined || options.bootstrap.length === 0 ? known.slice(0, 1) : options.bootstrap;
    const peer = await createPeer({ ...options, bootstrap });
    members.push(new Member(peer, join));
    addresses.push([...peer.addresses]);
  }
  return addresses;
}

function stats(): MemberStats {
  const all = members.map(({ group }) => group.stats());
  const sum = (of: (one: (typeof all)[number]) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    neighbours: all.map(({ neighbours }) => neighbours),
    delivered: sum(({ delivered }) => delivered),
    duplicates: sum(({ duplicates }) => duplicates),
    lost: sum(({ lost }) => lost),
    rssMb: process.memoryUsage().rss / 2 ** 20,
    peers: members.map(({ peer }) => peer.stats()),
  };
}

process.on('message', ({ order, what }: { readonly order: number; readonly what: Order }) => {
  obey(what).then(
    (result) => process.send?.({ order, result } satisfies Answer),
    (error: unknown) => process.send?.({ order, error: String(error) } satisfies Answer),
  );
});
// Without its parent a member has nobody to end it.
process.on('disconnect', () => process.exit());
