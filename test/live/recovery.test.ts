import { afterEach, describe, expect, test } from 'vitest';
import { Random } from '../../lib/core/random.ts';
import { MACHINE } from '../../lib/node/environment.ts';
import { lossyMachine } from './support/environments.ts';
import { allHear, publishAll } from './support/hearing.ts';
import { Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SEED = 1982;
const SOON_MS = 20_000;
const LATER_MS = 60_000;

const peers = new Peers();
afterEach(() => peers.close());

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
