import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { History } from '../../../lib/core/history.ts';
import { type MessageId, peerRef } from '../../../lib/core/ids.ts';
import { KEY_BYTES, keyHash, messageKey, numberedId } from '../../../lib/core/message-key.ts';
import { RangeIndex } from '../../../lib/core/range-index.ts';
import { data } from '../../support/builders.ts';

const SEED = 20_260_704;

function id(origin: number, seq: number, epoch = 1): MessageId {
  return { origin: peerRef(origin), epoch, seq };
}

function filled(ids: readonly MessageId[]): RangeIndex {
  const index = new RangeIndex(numberedId);
  for (const one of ids) index.onKept(one);
  return index;
}

function keysOf(index: RangeIndex, from = 0, to = index.size): string[] {
  const keys: string[] = [];
  index.visit(from, to, (key) => keys.push(key) > 0);
  return keys;
}

describe('the key of a message', () => {
  test('is the bytes of origin, epoch and number, the most significant first', () => {
    const key = messageKey(Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i), 0x01020304, 0xfffefdfc);
    expect([key.length, Buffer.from(key, 'latin1').toString('hex')]).toEqual([KEY_BYTES, 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff01020304fffefdfc']);
  });

  test('orders as its bytes do', () => {
    const ids = [id(1, 2), id(1, 255), id(1, 256), id(1, 2 ** 31), id(1, 0, 2), id(1, 0, 2 ** 31), id(2, 0), id(255, 0), id(256, 0)];
    const keys = ids.map(({ origin, epoch, seq }) => messageKey(numberedId(origin), epoch, seq));
    expect([...keys].sort()).toEqual(keys);
  });

  test('has hashes that hang on every byte and on the seed, and never change between versions', () => {
    const key = messageKey(numberedId(peerRef(7)), 1, 258);
    expect([keyHash(key, 1), keyHash(key, 2)]).toEqual([287_102_985, 474_473_784]);
    const hashes = new Set(Array.from({ length: KEY_BYTES }, (_, i) => keyHash(`${key.slice(0, i)}\u00aa${key.slice(i + 1)}`, 1)));
    expect(hashes.size).toBe(KEY_BYTES);
  });

  test('has hashes of neighbouring numbers that differ in half of their bits', () => {
    let flipped = 0;
    for (let seq = 0; seq < 4000; seq++) {
      let bits = keyHash(messageKey(numberedId(peerRef(7)), 1, seq), 9) ^ keyHash(messageKey(numberedId(peerRef(7)), 1, seq + 1), 9);
      for (; bits !== 0; bits &= bits - 1) flipped++;
    }
    expect(Math.abs(flipped / 4000 - 16)).toBeLessThan(0.3);
  });
});

describe('the index of ranges', () => {
  test(`knows keys, ranks and fingerprints like a sorted list, whatever comes and goes (seed ${SEED})`, () => {
    const few = fc.record({ origin: fc.integer({ min: 0, max: 3 }), seq: fc.integer({ min: 0, max: 400 }), drop: fc.integer({ min: 0, max: 3 }) });
    const prop = fc.property(fc.array(few, { minLength: 1, maxLength: 900, size: 'max' }), fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }), (steps, points) => {
      const index = new RangeIndex(numberedId);
      const present = new Map<string, MessageId>();
      for (const { origin, seq, drop } of steps) {
        const one = id(origin, seq);
        const key = index.keyOf(one);
        if (drop === 0 && present.delete(key)) index.onDropped(one);
        else if (!present.has(key)) {
          present.set(key, one);
          index.onKept(one);
        }
      }
      const sorted = [...present.keys()].sort();
      expect([index.size, keysOf(index)]).toEqual([sorted.length, sorted]);
      expect(sorted.map((_, rank) => index.keyAt(rank))).toEqual(sorted);
      expect(sorted.map((key) => index.rankOf(key))).toEqual(sorted.map((_, rank) => rank));
      for (let i = 0; i + 1 < points.length; i++) {
        const [from, to] = [points[i] as number, points[i + 1] as number].map((point) => point % (sorted.length + 1)).sort((x, y) => x - y) as [number, number];
        const alone = filled(sorted.slice(from, to).map((key) => present.get(key) as MessageId));
        expect(index.fingerprint(from, to)).toBe(alone.fingerprint(0, alone.size));
        expect(keysOf(index, from, to)).toEqual(sorted.slice(from, to));
        const bound = (sorted[from] ?? '').slice(0, 5 + (from % 20));
        expect(index.rankOf(bound)).toBe(sorted.filter((key) => key < bound).length);
      }
    });
    fc.assert(prop, { seed: SEED, numRuns: 60 });
  });

  test('has the fingerprint of nothing for nothing, and different ones for different sets', () => {
    const nothing = new RangeIndex(numberedId);
    expect([nothing.fingerprint(0, 0), nothing.rankOf('x'), nothing.keyAt(0)]).toEqual(['\0'.repeat(8), 0, '']);
    const all = Array.from({ length: 3000 }, (_, seq) => id(1, seq));
    const index = filled(all);
    const fingerprints = new Set(all.flatMap((_, i) => [index.fingerprint(0, i), index.fingerprint(i, i + 1), index.fingerprint(i, 3000)]));
    expect(fingerprints.size).toBe(3 * 3000 - 2);
  });

  test('stops a visit that has enough', () => {
    let visited = 0;
    filled(Array.from({ length: 500 }, (_, seq) => id(1, seq))).visit(100, 400, () => ++visited < 7);
    expect(visited).toBe(7);
  });

  test('keeps a message that the history has twice until both are gone', () => {
    const index = filled([id(1, 1), id(1, 1), id(1, 1)]);
    const sizes = [index.size];
    for (let copy = 0; copy < 4; copy++) {
      index.onDropped(id(1, 1));
      sizes.push(index.size);
    }
    expect(sizes).toEqual([1, 1, 1, 0, 0]);
  });

  test('puts chunks together that have become small, and lets go of those that are empty', () => {
    const all = Array.from({ length: 3000 }, (_, seq) => id(1, seq));
    const index = filled(all);
    const left = all.filter(({ seq }) => seq % 50 === 0 && seq > 1000);
    for (const one of all) if (!left.includes(one)) index.onDropped(one);
    expect([keysOf(index), index.rankOf(index.keyOf(id(1, 1100)))]).toEqual([left.map((one) => index.keyOf(one)), 1]);
    expect(index['chunks'].map(({ keys }) => keys.length).every((count) => count > 0)).toBe(true);
    expect(index['chunks'].length).toBeLessThan(10);
    for (const one of all) if (!left.includes(one)) index.onKept(one);
    expect([keysOf(index).length, index.fingerprint(0, 3000)]).toEqual([3000, filled(all).fingerprint(0, 3000)]);
  });

  test('follows a history, and is bounded by it', () => {
    const history = new History({ historyMessagesMax: 300, historyBytesMax: 1e6 });
    const index = new RangeIndex(numberedId);
    history.observer = index;
    for (let seq = 0; seq < 5000; seq++) history.add(data(peerRef(1 + (seq % 3)), seq));
    const kept = filled(history.messages);
    expect([index.size, index.fingerprint(0, 300), index['chunks'].length <= 20]).toEqual([300, kept.fingerprint(0, 300), true]);
  });
});
