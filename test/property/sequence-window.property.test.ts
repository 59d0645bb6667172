import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SequenceWindow, WINDOW_SIZE, inRanges } from '../../lib/core/sequence-window.ts';

const SEED = 20_070_625;

/** The same window as a set of everything seen or given up; `given` are the numbers given up. */
class ModelWindow {
  readonly seen = new Set<number>();

  get next(): number {
    let next = 0;
    while (this.seen.has(next)) next++;
    return next;
  }

  skipTo(seq: number): number[] {
    const lost: number[] = [];
    for (let missing = 0; missing < seq; missing++) {
      if (this.seen.has(missing)) continue;
      this.seen.add(missing);
      if (lost.at(-1) === missing - 1) lost[lost.length - 1] = missing;
      else lost.push(missing, missing);
    }
    return lost;
  }

  beyond(): number[] {
    const { next } = this;
    const ranges: number[] = [];
    for (const seq of [...this.seen].filter((each) => each > next).sort((x, y) => x - y)) {
      if (ranges.at(-1) === seq - 1) ranges[ranges.length - 1] = seq;
      else ranges.push(seq, seq);
    }
    return ranges;
  }
}

/** Mostly near the window's start and around the inline bits, at times anywhere, its end included. */
const ahead = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 8 }) },
  { weight: 3, arbitrary: fc.integer({ min: 28, max: 70 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: WINDOW_SIZE + 2 }) },
);

const step = fc.oneof(
  { weight: 9, arbitrary: ahead.map((by) => ({ kind: 'add' as const, by })) },
  { weight: 1, arbitrary: ahead.map((by) => ({ kind: 'skipTo' as const, by })) },
);

test(`a sequence window agrees with a set of numbers (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const window = new SequenceWindow();
      const model = new ModelWindow();
      for (const { kind, by } of steps) {
        const seq = Math.max(0, window.next + by);
        expect(window.has(seq)).toBe(model.seen.has(seq));
        expect(window.fits(seq)).toBe(seq < model.next + WINDOW_SIZE);
        if (kind === 'skipTo') {
          expect(window.skipTo(seq)).toEqual(model.skipTo(seq));
        } else if (window.fits(seq) && !window.has(seq)) {
          window.add(seq);
          model.seen.add(seq);
        }
        const beyond = model.beyond();
        expect([window.next, window.beyond(WINDOW_SIZE)]).toEqual([model.next, beyond]);
        expect(window.beyond(2)).toEqual(beyond.slice(0, 4));
        const highest = beyond.at(-1) ?? model.next - 1;
        let missing = 0;
        for (let each = model.next; each <= highest; each++) if (!model.seen.has(each)) missing++;
        expect([window.missing, window.highest]).toEqual([missing, highest]);
        expect(inRanges(beyond, seq)).toBe(seq > model.next && model.seen.has(seq));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});
