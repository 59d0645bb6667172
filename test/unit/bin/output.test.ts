import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { checkOutput, wantsColor } from '../../../bin/output.ts';
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

describe('checkOutput', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'overlaycast-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('leaves no file behind, and one that exists as it was', () => {
    const old = join(folder, 'old.json');
    writeFileSync(old, 'old');
    for (const path of ['-', old, join(folder, 'new.json')]) checkOutput(path);
    expect(readdirSync(folder)).toEqual(['old.json']);
    expect(readFileSync(old, 'utf8')).toBe('old');
  });

  test('passes a link to a file that is still to be made', () => {
    const link = join(folder, 'link.json');
    symlinkSync(join(folder, 'new.json'), link);
    checkOutput(link);
    expect(readdirSync(folder)).toEqual(['link.json']);
  });

  test('refuses what cannot be written', () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const [path, reason] of [[inner, 'is a directory'], [join(folder, 'none', 'a.json'), 'no such folder'], [join(file, 'a.json'), 'no such folder']] as const) {
      expect(() => checkOutput(path)).toThrow(expect.objectContaining({ code: 'UNREADABLE_FILE', message: `${path}: cannot be written: ${reason}.` }));
    }
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

  test('counts what it is told to count', () => {
    let now = 0;
    const written: string[] = [];
    const line = new ProgressLine((text) => written.push(text), () => now, 'reproductions');
    now = 1000;
    line.update({ protocol: 'textbook', done: 0, total: 4, share: 0.25 });
    expect(written).toEqual(['\r\u001b[Ktextbook: 25 %, 0 of 4 reproductions done, 1 s']);
  });

  test('of a short run leaves no trace', () => {
    const { line, written } = watched();
    line.update(HALF);
    line.clear();
    expect(written).toEqual([]);
  });
});
