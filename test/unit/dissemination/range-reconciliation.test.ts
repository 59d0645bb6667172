import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MessageId, type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { messageKey, numberedId } from '../../../lib/core/message-key.ts';
import { IDS_MAX, type IdRange, type Message, RANGES_MAX, type Ranges } from '../../../lib/core/messages.ts';
import { Random } from '../../../lib/core/random.ts';
import { RangeIndex } from '../../../lib/core/range-index.ts';
import { ANSWERED_MAX, LISTED_MAX, PARTS } from '../../../lib/dissemination/range-reconciliation.ts';
import { CONTROL_BYTES_MAX } from '../../../lib/wire/limits.ts';
import { DIGEST_ENTRIES } from '../../../lib/wire/digest-field.ts';
import { SimulatedDirectory } from '../../../sim/world/simulated-directory.ts';
import { GROUP, oneHopOn } from '../../support/builders.ts';
import { End, type Exchange, contents, exchange, kept } from './range-bed.ts';

const SEED = 20_260_704;
const [one, other] = [peerRef(1), peerRef(2)];

function id(seq: number, origin = 7): MessageId {
  return { origin: peerRef(origin), epoch: 1, seq };
}

function ids(from: number, to: number, origin = 7): MessageId[] {
  return Array.from({ length: to - from }, (_, i) => id(from + i, origin));
}

function fingerprint(of: readonly MessageId[]): string {
  const index = new RangeIndex(numberedId);
  for (const each of of) index.onKept(each);
  return index.fingerprint(0, index.size);
}

function ranges(mode: Ranges['mode'], said: readonly IdRange[], listed: readonly MessageId[] = [], lower = ''): Message {
  return { kind: 'ranges', group: GROUP, mode, lower, ranges: said, ids: listed };
}

const all = (of: readonly MessageId[]): IdRange => ({ kind: 'fingerprint', upper: '', fingerprint: fingerprint(of) });
const listedAll: IdRange = { kind: 'ids', upper: '' };
const keyOf = ({ origin, epoch, seq }: MessageId): string => messageKey(numberedId(origin), epoch, seq);
const offer = (...offered: readonly MessageId[]): Message => ({ kind: 'rangeOffer', group: GROUP, ids: offered });
const want = (...wanted: readonly MessageId[]): Message => ({ kind: 'rangeWant', group: GROUP, ids: wanted });

describe('Meyer, the protocol: fingerprints of ranges', () => {
  test('begins with the fingerprint of everything', () => {
    expect(new End(one, ids(0, 5)).begin(other, 'pull')).toEqual([ranges('pull', [all(ids(0, 5))])]);
    expect(new End(one, []).begin(other, 'pushPull')).toEqual([ranges('pushPull', [{ kind: 'fingerprint', upper: '', fingerprint: '\0'.repeat(8) }])]);
  });

  test('equal fingerprints need no answer', () => {
    expect(new End(one, ids(0, 500)).receive(other, ranges('pushPull', [all(ids(0, 500))]))).toEqual([]);
  });

  test('of a range that differs the few messages are listed; who pulls is pushed to, who pushes is pulled from', () => {
    const end = new End(one, ids(0, LISTED_MAX));
    const answer = (mode: Ranges['mode']): Message => ranges(mode, [listedAll], ids(0, LISTED_MAX));
    expect([end.receive(other, ranges('pull', [all([])])), end.receive(other, ranges('push', [all([])])), end.receive(other, ranges('pushPull', [all([])]))])
      .toEqual([[answer('push')], [answer('pull')], [answer('pushPull')]]);
  });

  test('one with many messages is cut into 16 parts of equally many, bounds no longer than it takes to tell neighbours apart', () => {
    const end = new End(one, ids(0, 64));
    const parts = Array.from({ length: PARTS }, (_, i): IdRange => {
      const upper = i === PARTS - 1 ? '' : keyOf(id(4 * i + 4));
      return { kind: 'fingerprint', upper, fingerprint: fingerprint(ids(4 * i, 4 * i + 4)) };
    });
    expect(end.receive(other, ranges('pushPull', [all(ids(0, 63))]))).toEqual([ranges('pushPull', parts)]);
    const spread = Array.from({ length: 64 }, (_, i) => id(0, i * 256));
    const [answer] = new End(one, spread).receive(other, ranges('pushPull', [all([])])) as [Ranges];
    expect(answer.ranges.map(({ upper }) => upper.length)).toEqual([...new Array<number>(PARTS - 1).fill(15), 0]);
  });

  test('only the ranges that differ are answered, nothing is said of those between', () => {
    const bounds = [id(10), id(20), id(30)].map(keyOf) as [string, string, string];
    const said: IdRange[] = [
      { kind: 'fingerprint', upper: bounds[0], fingerprint: fingerprint(ids(5, 9)) },
      { kind: 'fingerprint', upper: bounds[1], fingerprint: fingerprint(ids(10, 20)) },
      { kind: 'skip', upper: bounds[2] },
      { kind: 'fingerprint', upper: '', fingerprint: fingerprint([]) },
    ];
    expect(new End(one, ids(0, 35)).receive(other, ranges('pushPull', said, [], keyOf(id(5))))).toEqual([
      ranges('pushPull', [{ kind: 'ids', upper: bounds[0] }, { kind: 'skip', upper: bounds[2] }, listedAll], [...ids(5, 10), ...ids(30, 35)], keyOf(id(5))),
    ]);
  });
});

describe('Meyer, the protocol: lists of what is in a range', () => {
  test('what the list lacks is offered, what is new in it is wanted', () => {
    const end = new End(one, ids(0, 10));
    expect(end.receive(other, ranges('pushPull', [listedAll], [...ids(3, 10), id(77)]))).toEqual([want(id(77)), offer(id(0), id(1), id(2))]);
  });

  test('who only pulls gets offers, who only pushes is asked', () => {
    const listed = [...ids(3, 10), id(77)];
    expect(new End(one, ids(0, 10)).receive(other, ranges('pull', [listedAll], listed))).toEqual([offer(id(0), id(1), id(2))]);
    expect(new End(one, ids(0, 10)).receive(other, ranges('push', [listedAll], listed))).toEqual([want(id(77))]);
  });

  test('an offer is answered by asking for what was not seen, once in a cycle', () => {
    const end = new End(one, ids(0, 10));
    expect([end.receive(other, offer(id(3), id(11))), end.receive(other, offer(id(11), id(12)))]).toEqual([[want(id(11))], [want(id(12))]]);
    end.reconciliation.onCycle();
    expect(end.receive(other, offer(id(11)))).toEqual([want(id(11))]);
  });

  test('what is wanted is sent as a repair, if it is kept and not too young', () => {
    const end = new End(one, ids(0, 10));
    expect(end.receive(other, want(id(3), id(99), id(4)))).toEqual([3, 4].map((seq) => ({ ...oneHopOn(kept(id(seq))), repair: true })));
    expect(end.receive(other, want(id(3), id(4)), 4)).toEqual([{ ...oneHopOn(kept(id(3))), repair: true }]);
  });

  test('what was seen and is kept no longer is not asked for again', () => {
    const [short, long] = [new End(one, ids(0, 300), 100), new End(other, ids(0, 300))];
    expect(exchange(short, long).payloads).toBe(0);
    expect(exchange(long, short).payloads).toBe(0);
  });

  test('a list is answered in parts of batchMax, whichever it is cut from', () => {
    const end = new End(one, ids(0, 5000), 200_000, 20);
    const first = new Set<string>();
    for (let cycle = 0; cycle < 20; cycle++) {
      const [answer] = end.receive(other, ranges('pushPull', [listedAll]));
      if (answer?.kind !== 'rangeOffer') throw new Error('what is not listed is offered');
      expect(answer.ids.length).toBe(20);
      first.add(keyOf(answer.ids[0] as MessageId));
    }
    expect(first.size).toBeGreaterThan(15);
    expect(end.receive(other, offer(...ids(6000, 6100)))).toEqual([want(...ids(6000, 6020))]);
    expect(end.receive(other, want(...ids(0, 100))).length).toBe(20);
  });
});

describe('two histories', () => {
  test(`exchange exactly what one of them lacks, whatever they keep (seed ${SEED})`, () => {
    const message = fc.record({ origin: fc.integer({ min: 3, max: 40 }), seq: fc.integer({ min: 0, max: 60 }) });
    const sets = fc.record({
      common: fc.array(message, { maxLength: 2000, size: 'max' }),
      mine: fc.array(message, { maxLength: 200, size: 'max' }),
      theirs: fc.array(message, { maxLength: 200, size: 'max' }),
      mode: fc.constantFrom(...(['push', 'pull', 'pushPull'] as const)),
    });
    const prop = fc.property(sets, ({ common, mine, theirs, mode }) => {
      const [a, b] = [[...common, ...mine], [...common, ...theirs]].map((list) => new Map(list.map(({ origin, seq }) => [`${origin}/1/${seq}`, id(seq, origin)]))) as [Map<string, MessageId>, Map<string, MessageId>];
      const [first, second] = [new End(one, [...a.values()]), new End(other, [...b.values()])];
      const { payloads, largestBytes } = exchange(first, second, mode);
      const union = [...new Set([...a.keys(), ...b.keys()])].sort();
      const [toFirst, toSecond] = [union.length - a.size, union.length - b.size];
      expect(payloads).toBe(mode === 'pull' ? toFirst : mode === 'push' ? toSecond : toFirst + toSecond);
      expect(contents(first)).toEqual(mode === 'push' ? [...a.keys()].sort() : union);
      expect(contents(second)).toEqual(mode === 'pull' ? [...b.keys()].sort() : union);
      expect(largestBytes).toBeLessThanOrEqual(CONTROL_BYTES_MAX);
    });
    fc.assert(prop, { seed: SEED, numRuns: 60 });
  });

  test('of which one is empty, and the other full, become equal', () => {
    for (const mode of ['pull', 'pushPull'] as const) {
      const [empty, full] = [new End(one, []), new End(other, ids(0, 900))];
      expect([exchange(empty, full, mode).payloads, contents(empty).length]).toEqual([900, 900]);
      const [source, sink] = [new End(one, ids(0, 900)), new End(other, [])];
      expect(exchange(source, sink, mode === 'pull' ? 'push' : mode).payloads).toBe(900);
    }
  });

  test('of which one has more than fits into an exchange become equal in several', () => {
    const [little, much] = [new End(one, ids(0, 10)), new End(other, ids(0, 4000))];
    let exchanges = 0;
    for (; contents(little).length < 4000 && exchanges < 100; exchanges++) exchange(little, much);
    expect(exchanges).toBeLessThan(20);
  });

  /** Publishers of 10 messages each, a tenth as many as messages: a digest names them all, in 21 bytes or so each. */
  function differing(n: number, d: number): readonly [End, End] {
    const random = new Random(n + d);
    const everything = Array.from({ length: n }, (_, i) => id(i % 10, 3 + Math.floor(i / 10)));
    const missing = new Set(random.sample(everything.map((_, i) => i), d));
    return [new End(one, everything.filter((_, i) => !missing.has(i) || i % 2 === 0)), new End(other, everything.filter((_, i) => !missing.has(i) || i % 2 === 1))];
  }

  function measured(n: number, d: number): Exchange & { readonly digestBytes: number } {
    const [a, b] = differing(n, d);
    const digestBytes = DIGEST_ENTRIES.size(a.log.digest(), new SimulatedDirectory(n));
    return { ...exchange(a, b), digestBytes };
  }

  test('find d differences among n messages in O(log n) rounds and O(d log n) bytes, where a digest names every publisher', () => {
    const cases = [[1000, 0], [1000, 1], [1000, 10], [1000, 100], [10_000, 1], [10_000, 10], [10_000, 100], [100_000, 1], [100_000, 100]] as const;
    const table = cases.map(([n, d]) => ({ n, d, ...measured(n, d) }));
    for (const { n, d, trips, controlBytes, payloads, largestBytes, digestBytes } of table) {
      expect(payloads).toBe(d);
      // Cuts into 16 until 32 are left, a list, an offer, a request, the payload.
      const cuts = Math.max(0, Math.ceil(Math.log(n / LISTED_MAX) / Math.log(PARTS)));
      expect(trips).toBeLessThanOrEqual(d === 0 ? 1 : cuts + 5);
      // 16 fingerprints of some 20 bytes for each cut, a list of up to 32 ids in a few publishers' runs.
      expect(controlBytes).toBeLessThanOrEqual(40 + d * (cuts * PARTS * 20 + 600));
      expect(largestBytes).toBeLessThanOrEqual(CONTROL_BYTES_MAX);
      // What one peer sends another in each cycle, whether they differ or not.
      expect(digestBytes).toBeGreaterThan(2 * n);
      if (d <= 10 && n >= 10_000) expect(controlBytes).toBeLessThan(digestBytes / 2);
    }
  });
});

describe('hostile messages', () => {
  test('that make no sense are counted and not answered', () => {
    const end = new End(one, ids(0, 100));
    const upside: IdRange = { kind: 'fingerprint', upper: 'a', fingerprint: 'x'.repeat(8) };
    expect([end.receive(other, ranges('pushPull', [])), end.receive(other, ranges('pushPull', [upside], [], 'b'))]).toEqual([[], []]);
    expect(end.reconciliation.counters.malformed).toBe(2);
  });

  test('that claim differences everywhere are answered by a bounded number of messages, each within its limits', () => {
    const many = ids(0, 100_000);
    const end = new End(one, many);
    const said = Array.from({ length: RANGES_MAX }, (_, i): IdRange => ({ kind: 'fingerprint', upper: i === RANGES_MAX - 1 ? '' : keyOf(many[(i + 1) * 190] as MessageId), fingerprint: 'x'.repeat(8) }));
    const answers = end.receive(other, ranges('pushPull', said)) as Ranges[];
    expect(answers.length).toBeLessThanOrEqual((ANSWERED_MAX * (PARTS + 1)) / (RANGES_MAX - PARTS) + 1);
    expect(answers.every((answer) => answer.ranges.length <= RANGES_MAX && answer.ids.length <= IDS_MAX)).toBe(true);
    expect(end.reconciliation.counters.rangesLeftOut).toBe(RANGES_MAX - ANSWERED_MAX);
    // Which of them are answered is drawn anew each time.
    const lowers = new Set(Array.from({ length: 10 }, () => (end.receive(other, ranges('pushPull', said)) as Ranges[])[0]?.lower));
    expect(lowers.size).toBeGreaterThan(2);
  });

  test('that list nothing of everything get no more offers than one message holds; that list what is nowhere are asked for it within bounds', () => {
    const end = new End(one, ids(0, 50_000));
    expect(end.receive(other, ranges('pull', [listedAll])).map((answer) => answer.kind === 'rangeOffer' && answer.ids.length)).toEqual([IDS_MAX]);
    const wanted = (peer: PeerRef): number => Array.from({ length: 10 }, (_, i) => end.receive(peer, offer(...ids(1000 * i, 1000 * (i + 1), 100 + peer))))
      .flat().reduce((sum, answer) => sum + (answer.kind === 'rangeWant' ? answer.ids.length : 0), 0);
    // No peer is asked for more than half, so that one that lies cannot keep away what others offer.
    expect([other, peerRef(3), peerRef(4)].map(wanted)).toEqual([8192, 8192, 0]);
    expect(end.reconciliation.counters.wantsLeftOut).toBe(30_000 - 16_384);
    end.reconciliation.onCycle();
    expect(wanted(peerRef(4))).toBe(8192);
  });

  test(`of any kind make no more than bounded answers, and none that is malformed (seed ${SEED})`, () => {
    const bound = fc.oneof(fc.constant(''), fc.uint8Array({ maxLength: 24 }).map((bytes) => String.fromCharCode(...bytes)), fc.integer({ min: 0, max: 4000 }).map((seq) => keyOf(id(seq))));
    const said = fc.array(fc.record({ upper: bound, kind: fc.constantFrom(...(['skip', 'fingerprint', 'ids'] as const)), fingerprint: fc.constant('y'.repeat(8)) }), { maxLength: 30 });
    const message = fc.record({ lower: bound, said, listed: fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 }), mode: fc.constantFrom(...(['push', 'pull', 'pushPull'] as const)) });
    const end = new End(one, ids(0, 4000), 200_000, 64);
    const prop = fc.property(message, ({ lower, said: given, listed, mode }) => {
      // What a decoder lets through: bounds that rise, the empty one last.
      const rising = given.filter(({ upper }) => upper !== '').sort((x, y) => (x.upper < y.upper ? -1 : 1)).filter(({ upper }, i, list) => i === 0 || upper !== list[i - 1]?.upper);
      const answers = end.receive(other, ranges(mode, [...rising, ...given.filter(({ upper }) => upper === '').slice(0, 1)] as IdRange[], listed.map((seq) => id(seq)), lower));
      expect(answers.length).toBeLessThanOrEqual(4);
      for (const answer of answers) {
        if (answer.kind !== 'ranges') continue;
        const bounds = [answer.lower, ...answer.ranges.map(({ upper }) => upper)];
        bounds.forEach((upper, i) => expect(i === 0 || (upper === '' ? i === bounds.length - 1 : upper > (bounds[i - 1] as string))).toBe(true));
      }
    });
    fc.assert(prop, { seed: SEED, numRuns: 500 });
  });
});
