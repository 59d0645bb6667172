import { afterEach, describe, expect, test } from 'vitest';
import type { DatagramSource } from '../../lib/transport/udp/socket.ts';
import { lossyMachine } from './support/environments.ts';
import { allHear, lacking, publishAll } from './support/hearing.ts';
import { Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SOON_MS = 20_000;
const LATER_MS = 60_000;

const peers = new Peers();
afterEach(() => peers.close());

function portOf({ peer }: Member): number {
  return Number(peer.addresses[0]?.split(':').at(-1));
}

/** Death is noticed soon, and the dead tried again soon. */
const QUICK = { closeTimeoutMs: 200, handshakeTimeoutMs: 500, healIntervalMs: 1000, failureDetector: { probeIntervalMs: 300, probeTimeoutMs: 100 } } as const;

/** Members of which each may be cut off from others: between different `sides` no datagram passes. */
class Partition {
  readonly members: Member[] = [];
  private readonly sides = new Map<number, number>();
  private cut = false;

  async add(side: number): Promise<Member> {
    const from = this.members.length;
    const passes = ({ port }: DatagramSource): boolean => !this.cut || (this.sides.get(port) ?? side) === side;
    const bootstrap = this.members[0]?.peer.addresses[0];
    const peer = await peers.peer({ ...QUICK, ...(bootstrap === undefined ? {} : { bootstrap }) }, lossyMachine(passes));
    // Views are full soon, in the halves too: who knew nobody on its own side could not find anybody there, and who had room would ask the other side by chance.
    const member = new Member(peer, peer.join('test', { order: 'fifo', overlay: { kind: 'hyparview', activeViewSize: 4, shuffleIntervalMs: 300 } }));
    this.sides.set(portOf(member), side);
    this.members.push(member);
    if (from > 0) await member.group.ready();
    return member;
  }

  split(): void {
    this.cut = true;
  }

  heal(): void {
    this.cut = false;
  }

  side(side: number): Member[] {
    return this.members.filter((member) => this.sides.get(portOf(member)) === side);
  }

  /** Whether nobody has a neighbour on another side. */
  get apart(): boolean {
    const ids = (side: number): string[] => this.side(side).map(({ peer }) => peer.id);
    return this.members.every(({ group }, i) => group.neighbours.every((id) => ids(i % 2).includes(id)));
  }
}

describe('a group that is cut in two', () => {
  test('until each half takes the other for dead grows together again, and everybody gets what both have published', async () => {
    const partition = new Partition();
    for (let i = 0; i < 10; i++) await partition.add(i % 2);
    const { members } = partition;
    await Promise.all(members.map(({ group }) => group.ready({ neighbours: 3, timeoutMs: SOON_MS })));
    const texts = new Map<string, Member>();
    await publishAll(members, 'whole', 3, texts);
    await allHear(members, texts);
    partition.split();
    await until(() => partition.apart, LATER_MS, () => members.map(({ group }) => group.neighbours));
    await until(() => members.every(({ group }) => group.neighbours.length === 4), LATER_MS, () => members.map(({ group }) => group.neighbours.length));
    await publishAll(members, 'halves', 10, texts);
    for (const side of [0, 1]) {
      const half = partition.side(side);
      await allHear(half, new Map([...texts].filter(([, publisher]) => half.includes(publisher))));
    }
    expect(lacking(members, texts).every((count) => count > 0)).toBe(true);
    partition.heal();
    await allHear(members, texts);
    expect(partition.apart).toBe(false);
    await publishAll(members, 'again', 3, texts);
    await allHear(members, texts);
  }, 150_000);

  test('one that has lost everyone finds them again', async () => {
    const partition = new Partition();
    for (let i = 0; i < 4; i++) await partition.add(i === 3 ? 1 : 0);
    const { members } = partition;
    const alone = members[3] as Member;
    partition.split();
    await until(() => alone.group.neighbours.length === 0, LATER_MS);
    const texts = new Map<string, Member>();
    await publishAll(members.slice(0, 3), 'others', 5, texts);
    partition.heal();
    await allHear(members, texts);
    await publishAll(members, 'all', 5, texts);
    await allHear(members, texts);
  }, 150_000);
});
