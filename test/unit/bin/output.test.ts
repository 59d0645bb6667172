import { describe, expect, test } from 'vitest';

import { wantsColor } from '../../../bin/output.ts';
import { ProgressLine } from '../../../bin/progress.ts';

describe('wantsColor', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  ])('%j, terminal %s: %s', (env, isTTY, expected) => {
    expect(wantsColor(env, isTTY)).toBe(expected);
  });
});

describe('ProgressLine', () => {
  function watched(): { readonly line: ProgressLine; readonly written: string[]; readonly at: (ms: number) => void } {
    let now = 5000;
    const written: string[] = [];
    const line = new ProgressLine((text) => written.push(text), () => now);
    return { line, written, at: (ms) => { now = 5000 + ms; } };
  }

  const HALF = { protocol: 'flood', done: 3, total: 7, share: 0.505 };

  test('is silent for a second, then writes ten times a second at most, and is gone at the end', () => {
    const { line, written, at } = watched();
    for (const ms of [0, 999, 1000, 1050, 1100, 2500]) {
      at(ms);
      line.update(HALF);
    }
    line.clear();
    line.clear();
    expect(written).toEqual([
      '\r\u001b[Kflood: 50 %, 3 of 7 protocols done, 1 s',
      '\r\u001b[Kflood: 50 %, 3 of 7 protocols done, 1 s',
      '\r\u001b[Kflood: 50 %, 3 of 7 protocols done, 2 s',
      '\r\u001b[K',
    ]);
  });

  test('of a short run leaves no trace', () => {
    const { line, written } = watched();
    line.update(HALF);
    line.clear();
    expect(written).toEqual([]);
  });
});
