import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { MACHINE } from '../../lib/node/environment.ts';
import type { DatagramSource } from '../../lib/transport/udp/socket.ts';
import { lossyMachine } from './support/environments.ts';
import { Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SEED = 1982;
const SOON_MS = 20_000;
const LATER_MS = 60_000;

const peers = new Peers();
afterEach(() => peers.close());

/** What each member lacks of `texts` that others published, by its place. */
function lacking(members: readonly Member[], texts: ReadonlyMap<string, Member>): number[] {
  return members.map((member) => {
    const heard = new Set(member.texts);
    return [...texts].filter(([text, publisher]) => publisher !== member && !heard.has(text)).length;
  });
}

async function allHear(members: readonly Member[], texts: ReadonlyMap<string, Member>): Promise<void> {
  await until(() => lacking(members, texts).every((count) => count === 0), LATER_MS, () => lacking(members, texts));
  for (const member of members) expect(member.texts.length).toBe(new Set(member.texts).size);
}

/** Each of the members publishes `count` messages, all at the same time, one every 10 ms or so. */
async function publishAll(members: readonly Member[], label: string, count: number, texts: Map<string, Member>): Promise<void> {
  await Promise.all(members.map(async (member, i) => {
    for (let n = 0; n < count; n++) {
      const text = `${label} ${i}:${n}`;
      texts.set(text, member);
      await member.publish(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }));
}

function portOf({ peer }: Member): number {
  return Number(peer.addresses[0]?.split(':').at(-1));
}

describe(`with 10 % of all datagrams lost (seed ${SEED})`, () => {
  test.each(['fifo', 'causal'] as const)('everybody delivers everything once, in %s order', async (order) => {
    const random = new Random(SEED);
    const members = await peers.group(6, {}, { order, repair: 'anti-entropy' }, lossyMachine(() => !random.chance(0.1)));
    const lost: unknown[] = [];
    for (const { group } of members) group.on('lost', (what) => lost.push(what)).on('dropped', (what) => lost.push(what));
    const texts = new Map<string, Member>();
    const [answering] = members;
    answering?.group.on('message', ({ data }) => {
      const text = data.toString();
      if (!text.startsWith('question 1:')) return;
      texts.set(`answer to ${text}`, answering);
      void answering.publish(`answer to ${text}`);
    });
    await publishAll(members.slice(1, 4), 'question', 60, texts);
    await until(() => texts.size === 240, SOON_MS);
    await allHear(members, texts);
    expect(lost).toEqual([]);
    for (const { texts: heard } of members) {
      for (const publisher of ['question 0:', 'question 1:', 'question 2:', 'answer to question 1:']) {
        const numbers = heard.filter((text) => text.startsWith(publisher)).map((text) => Number(text.slice(publisher.length)));
        expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
      }
      if (order === 'fifo' || heard === answering?.texts) continue;
      for (const [at, text] of heard.entries()) if (text.startsWith('answer to ') && heard.includes(text.slice(10))) expect(heard.indexOf(text.slice(10))).toBeLessThan(at);
    }
  });

  test('a message of a thousand datagrams gets through', async () => {
    const random = new Random(SEED);
    const members = await peers.group(3, {}, {}, lossyMachine(() => !random.chance(0.1)));
    const data = Buffer.alloc(1_000_000, 'overlay');
    await members[0]?.group.publish(data);
    await until(() => members.slice(1).every(({ messages }) => messages.length === 1), LATER_MS);
    for (const { messages } of members.slice(1)) expect(messages[0]?.data.equals(data)).toBe(true);
  });
});

/** Members of which each may be cut off from others: between different `sides` no datagram passes. */
class Partition {
  readonly members: Member[] = [];
  private readonly sides = new Map<number, number>();
  private cut = false;

  async add(side: number): Promise<Member> {
    const from = this.members.length;
    const passes = ({ port }: DatagramSource): boolean => !this.cut || (this.sides.get(port) ?? side) === side;
    const bootstrap = this.members[0]?.peer.addresses[0];
    const peer = await peers.peer({ closeTimeoutMs: 200, ...(bootstrap === undefined ? {} : { bootstrap }) }, lossyMachine(passes));
    // Views are full soon: who knew nobody on its own side could not find anybody there.
    const member = new Member(peer, peer.join('test', { order: 'fifo', overlay: { kind: 'hyparview', shuffleIntervalMs: 300 } }));
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
    for (let i = 0; i < 8; i++) await partition.add(i % 2);
    const { members } = partition;
    await Promise.all(members.map(({ group }) => group.ready({ neighbours: 4, timeoutMs: SOON_MS })));
    const texts = new Map<string, Member>();
    await publishAll(members, 'whole', 3, texts);
    await allHear(members, texts);
    partition.split();
    await until(() => partition.apart, LATER_MS, () => members.map(({ group }) => group.neighbours));
    await until(() => members.every(({ group }) => group.neighbours.length > 0), SOON_MS);
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

describe('a peer that is started again', () => {
  test.each(['udp', 'tcp'] as const)('at the same %s address with the same id is taken in at once, though nobody has missed it', async (kind) => {
    const fixed = await peers.peer({ listen: `${kind}://127.0.0.1:0` });
    const listen = fixed.addresses;
    await fixed.close();
    let mute = false;
    const id = 'cd'.repeat(16);
    // Whoever ends without a word does not say good-bye either.
    const crashing = lossyMachine(() => !mute);
    const [one, two] = await peers.group(2, { listen: `${kind}://127.0.0.1:0`, failureDetector: 'none', idleTimeoutMs: 3_600_000 }) as [Member, Member];
    const start = async (environment = MACHINE): Promise<Member> => {
      const peer = await peers.peer({ listen, id, bootstrap: one.peer.addresses, closeTimeoutMs: 50 }, environment);
      const member = new Member(peer, peer.join('test'));
      await member.group.ready({ neighbours: 2, timeoutMs: SOON_MS });
      return member;
    };
    const texts = new Map<string, Member>();
    const first = await start(crashing);
    await publishAll([one, two, first], 'first', 3, texts);
    await allHear([one, two, first], texts);
    mute = true;
    await first.peer.close();
    const second = await start();
    const later = new Map<string, Member>();
    await publishAll([one, two, second], 'second', 3, later);
    await allHear([one, two, second], later);
    expect(one.group.neighbours).toContain(id);
    if (kind === 'udp') expect(one.peer.stats()['links']?.['restarts']).toBe(1);
  });
});
