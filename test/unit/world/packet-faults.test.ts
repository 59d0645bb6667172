import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { type BegunFault, type PacketFault, PacketFaults } from '../../../sim/world/packet-faults.ts';

const FATE = { lost: undefined, duplicateAfterUs: 0, extraUs: 0 };

function under(...faults: readonly PacketFault[]): { readonly faults: PacketFaults; readonly begun: readonly BegunFault[] } {
  const all = new PacketFaults(new Random(1));
  return { faults: all, begun: faults.map((fault) => all.begin(fault, 10_000)) };
}

/** What becomes of `count` packets, counted. */
function lostOf(faults: PacketFaults, count: number): number {
  return Array.from({ length: count }, () => faults.of(0, 0, 1, 100).lost).filter((lost) => lost !== undefined).length;
}

describe('packet faults', () => {
  test('none: a packet arrives once, in time', () => {
    const { faults } = under();
    expect([faults.any, faults.reaches(0, 1), faults.of(0, 0, 1, 100)]).toEqual([false, true, FATE]);
  });

  test('loss and corruption strike their share, and count what they struck', () => {
    const { faults, begun } = under({ kind: 'loss', p: 0.25 });
    const lost = lostOf(faults, 4000);
    expect(lost).toBeGreaterThan(900);
    expect(lost).toBeLessThan(1100);
    expect(begun.map((fault) => fault.affected())).toEqual([lost]);
    begun[0]?.end();
    expect(faults.any).toBe(false);
    expect(under({ kind: 'corruption', p: 1 }).faults.of(0, 0, 1, 100)).toEqual({ ...FATE, lost: 'corrupted' });
    expect(under({ kind: 'loss', p: 0 }).faults.of(0, 0, 1, 100)).toEqual(FATE);
  });

  test('what one fault has lost the next does not count', () => {
    const { faults, begun } = under({ kind: 'loss', p: 1 }, { kind: 'clog' });
    expect(faults.of(0, 0, 1, 100).lost).toBe('lost');
    expect(begun.map((fault) => fault.affected())).toEqual([1, 0]);
  });

  test('a duplicate comes within 100 ms, later than the first copy', () => {
    const { faults } = under({ kind: 'duplication', p: 1 });
    const after = Array.from({ length: 200 }, () => faults.of(0, 0, 1, 100).duplicateAfterUs);
    expect(Math.min(...after)).toBeGreaterThan(0);
    expect(Math.max(...after)).toBeLessThanOrEqual(100_000);
    expect(new Set(after).size).toBeGreaterThan(100);
  });

  test('reordering holds some back, jitter all, by up to so much; together they add up', () => {
    const { faults } = under({ kind: 'reordering', p: 0.5, byMs: 20 });
    const extra = Array.from({ length: 400 }, () => faults.of(0, 0, 1, 100).extraUs);
    expect(extra.filter((us) => us === 0).length).toBeGreaterThan(150);
    expect(Math.max(...extra)).toBeGreaterThan(15_000);
    expect(Math.max(...extra)).toBeLessThanOrEqual(20_000);
    const both = under({ kind: 'jitter', byMs: 10 }, { kind: 'jitter', byMs: 10 }).faults;
    const sums = Array.from({ length: 400 }, () => both.of(0, 0, 1, 100).extraUs);
    expect(Math.max(...sums)).toBeGreaterThan(10_000);
    expect(Math.max(...sums)).toBeLessThanOrEqual(20_000);
  });

  test('a clogged link holds packets until the fault ends', () => {
    const { faults } = under({ kind: 'clog', between: { from: [0] } });
    expect([0, 4000, 9999].map((nowUs) => faults.of(nowUs, 0, 1, 100).extraUs)).toEqual([10_000, 6000, 1]);
    expect(faults.of(0, 1, 0, 100)).toEqual(FATE);
    expect(faults.reaches(0, 1)).toBe(true);
  });

  test('a narrow sender sends one packet after the other; what would wait too long is lost', () => {
    // 100 bytes at 80 kbps take 10 ms.
    const { faults, begun } = under({ kind: 'bandwidth', kbps: 80, queueMs: 15 });
    const sent = Array.from({ length: 4 }, () => ({ ...faults.of(0, 0, 1, 100) }));
    expect(sent).toEqual([{ ...FATE, extraUs: 10_000 }, { ...FATE, extraUs: 20_000 }, { ...FATE, lost: 'queue-full' }, { ...FATE, lost: 'queue-full' }]);
    expect(faults.of(0, 2, 1, 100).extraUs).toBe(10_000);
    expect(faults.of(20_000, 0, 1, 50).extraUs).toBe(5000);
    expect(begun.map((fault) => fault.affected())).toEqual([6]);
  });

  test('a partition cuts its sides off from each other, and nobody who is on none', () => {
    const { faults } = under({ kind: 'partition', sides: [[0, 1], [2], [3]] });
    const cut = (pairs: readonly (readonly [number, number])[]): boolean[] => pairs.map(([from, to]) => faults.of(0, from, to, 100).lost === 'unreachable' && !faults.reaches(from, to));
    expect(cut([[0, 2], [2, 0], [2, 3], [0, 1], [0, 4], [4, 2]])).toEqual([true, true, true, false, false, false]);
  });

  test('one way, only what comes from the first side is lost', () => {
    const { faults } = under({ kind: 'partition', sides: [[0], [1], [2]], oneWay: true });
    expect([[0, 1], [0, 2], [1, 0], [1, 2]].map(([from = 0, to = 0]) => faults.reaches(from, to))).toEqual([false, false, true, true]);
  });

  test('loss of everything cuts off, too; less does not', () => {
    expect(under({ kind: 'loss', p: 1, between: { to: [1] } }).faults.reaches(0, 1)).toBe(false);
    expect(under({ kind: 'loss', p: 1, between: { to: [1] } }).faults.reaches(1, 0)).toBe(true);
    expect(under({ kind: 'corruption', p: 0.99 }).faults.reaches(0, 1)).toBe(true);
  });

  test('faults end one by one', () => {
    const { faults, begun } = under({ kind: 'partition', sides: [[0], [1]] }, { kind: 'partition', sides: [[0], [1]] });
    begun[0]?.end();
    expect([faults.any, faults.reaches(0, 1)]).toEqual([true, false]);
    begun[1]?.end();
    expect([faults.any, faults.reaches(0, 1)]).toEqual([false, true]);
  });
});
