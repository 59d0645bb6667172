import { describe, test } from 'vitest';
import { type PeerRef, groupRef } from '../../lib/core/ids.ts';
import type { DigestEntry, Message } from '../../lib/core/messages.ts';
import { Random } from '../../lib/core/random.ts';
import type { Address } from '../../lib/transport/address.ts';
import { Intruder } from './support/intruder.ts';
import { Siege } from './support/siege.ts';
import { LONG } from './support/until.ts';

const SEED = 2600;
const KINDS = ['udp', 'tcp'] as const;

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

/** What a neighbour says, again and again. */
interface Speech {
  readonly name: string;
  /** Ten times as often with `LONG=1`. */
  readonly times: number;
  /** Order of the group; default none. */
  readonly order?: 'fifo' | 'causal';
  say(intruder: Intruder, i: number, random: Random): Message | Uint8Array;
}

/** Nobody is there: a port of the loopback that is not listened on, and an address that leads nowhere. */
const DEAD: readonly Address[] = [
  { transport: 'udp', host: '127.0.0.1', port: 9 },
  { transport: 'udp', host: '192.0.2.1', port: 7000 },
  { transport: 'tcp', host: '192.0.2.1', port: 7000 },
];

function invented(intruder: Intruder, count: number): PeerRef[] {
  return Array.from({ length: count }, () => intruder.invent(DEAD));
}

function entries(intruder: Intruder, count: number, random: Random): DigestEntry[] {
  return invented(intruder, count).map((origin) => ({ origin, epoch: random.below(100), next: random.below(100), beyond: [200, 300, 5000, 0xffff_fff0] }));
}

const MODES = ['push', 'pull', 'pushPull', 'state', 'stateReply', 'history', 'historyPart', 'historyEnd'] as const;

/** A payload that nobody published: of an invented publisher, or of its own with gaps and in new incarnations. */
function forged(intruder: Intruder, i: number, random: Random): Message {
  const own = i % 3 === 0;
  const origin = intruder.invent();
  const after = i % 5 === 0 ? [{ origin: intruder.invent(), epoch: 1, next: 1 + random.below(1000) }] : undefined;
  const plain = {
    kind: 'data', group: intruder.group, origin, epoch: own ? i : 1, seq: random.chance(0.1) ? 0xffff_ffff - i : random.below(2000),
    hops: random.chance(0.1) ? 0xffff : 1, repair: random.chance(0.3), payload: new Uint8Array(random.below(200)),
  } as const;
  return after === undefined ? plain : { ...plain, after };
}

const SPEECHES: readonly Speech[] = [
  { name: 'garbage', times: 1000, say: (_intruder, _i, random) => randomBytes(random, 1 + random.below(3000)) },
  {
    name: 'messages cut short and bent', times: 1000, say: (intruder, i, random) => {
      const said = random.pick(SMALL)?.say(intruder, i, random);
      const bytes = (said instanceof Uint8Array || said === undefined ? randomBytes(random, 20) : intruder.bytesOf(said)).slice();
      for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.length)] = random.below(256);
      return bytes.subarray(0, random.chance(0.3) ? 1 + random.below(bytes.length) : bytes.length);
    },
  },
  { name: 'messages of groups that there are not', times: 2000, say: (intruder, i, random) => ({ ...forged(intruder, i, random), group: groupRef(i + 1) }) },
  { name: 'forged payloads', times: 5000, say: forged },
  { name: 'forged payloads', order: 'fifo', times: 2000, say: forged },
  { name: 'forged payloads', order: 'causal', times: 2000, say: forged },
  { name: 'large payloads', times: 15, say: (intruder, i) => ({ kind: 'data', group: intruder.group, origin: intruder.invent(), epoch: 1, seq: i, hops: 1, repair: false, payload: new Uint8Array(500_000) }) },
  { name: 'digests of nothing', times: 500, say: (intruder, i) => ({ kind: 'digest', group: intruder.group, mode: MODES[i % MODES.length] ?? 'push', entries: [] }) },
  { name: 'digests of what does not exist', times: 40, say: (intruder, i, random) => ({ kind: 'digest', group: intruder.group, mode: MODES[i % MODES.length] ?? 'push', entries: entries(intruder, 500, random) }) },
  {
    name: 'announcements of what does not exist', times: 300, say: (intruder, _i, random) => ({
      kind: 'iHave', group: intruder.group, announcements: invented(intruder, 50).map((origin) => ({ origin, epoch: random.below(5), seq: random.below(1000), hops: 1 })),
    }),
  },
  {
    name: 'grafts and prunes of what does not exist', times: 2000, say: (intruder, i, random) => {
      const tree = intruder.invent();
      if (i % 2 === 0) return { kind: 'prune', group: intruder.group, tree };
      return { kind: 'graft', group: intruder.group, tree, id: { origin: tree, epoch: 1, seq: random.below(1000) } };
    },
  },
  {
    name: 'shuffles with invented peers', times: 400, say: (intruder, i) => {
      const [origin, ...others] = invented(intruder, 20) as [PeerRef, ...PeerRef[]];
      return { kind: i % 5 === 0 ? 'shuffleReply' : 'shuffle', group: intruder.group, origin, timeToLive: i % 4, peers: [origin, ...others] };
    },
  },
  { name: 'joins', times: 500, say: ({ group }) => ({ kind: 'join', group }) },
  { name: 'walks of invented peers', times: 40, say: (intruder, i) => ({ kind: 'forwardJoin', group: intruder.group, newcomer: intruder.invent(DEAD), timeToLive: i % 7 }) },
  { name: 'requests to ping invented peers', times: 500, say: (intruder, i) => ({ kind: 'pingRequest', group: groupRef(0), seq: i, target: intruder.invent(DEAD) }) },
  { name: 'answers to what nobody asked', times: 2000, say: (_intruder, i, random) => ({ kind: i % 2 === 0 ? 'nack' : 'ack', group: groupRef(0), seq: random.below(100) }) },
];

const SMALL = SPEECHES.filter(({ name }) => !/garbage|bent|large|digests of what|walks/.test(name));

/** With these no honest message is given up, however slow the machine and however much the flood makes an order hold back. */
const PATIENCE = { gapTimeoutMs: 120_000, orderBufferMax: 50_000 };

/** Each over one of the transports; with `LONG=1` over both. */
const CASES = SPEECHES.flatMap((speech, i) => KINDS.filter((_, k) => LONG || i % 2 === k).map((kind) => ({ ...speech, kind, title: [speech.name, kind, speech.order].join(' ').trim() })));

describe('a neighbour harms nobody', () => {
  test.each(CASES)(`by $title (seed ${SEED})`, async ({ kind, order, times, say }) => {
    const siege = new Siege();
    const members = await siege.members(kind, order === undefined ? {} : { order, ...PATIENCE });
    const intruder = await Intruder.neighbourOf(members[0].peer.addresses[0] ?? '');
    const random = new Random(SEED);
    try {
      await siege.deliverDuring(members, async () => {
        for (let i = 0; i < (LONG ? 10 : 1) * times && intruder.isUp; i++) {
          const said = say(intruder, i, random);
          await (said instanceof Uint8Array ? intruder.sayBytes(said) : intruder.say(said));
          if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      });
    } finally {
      await intruder.close();
      await siege.end();
    }
  });
});
