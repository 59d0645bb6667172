import { describe, expect, test } from 'vitest';
import { row } from '../../../sim/experiments/reproduction.ts';
import { REPRODUCTIONS, reproduce, suggestedReproduction } from '../../../sim/experiments/reproductions.ts';
import { TEXTBOOK } from '../../../sim/experiments/reproductions/textbook.ts';

describe('the list of reproductions', () => {
  test('has each name once, in the form of the command line, and a summary that fits a line of help', () => {
    const names = REPRODUCTIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, summary, paper, method } of REPRODUCTIONS) {
      expect(name).toMatch(/^[a-z]+(?:-\d{4})?$/);
      expect(name.length + summary.length).toBeLessThanOrEqual(94);
      expect(paper).toMatch(/\d{4}.*\.$/);
      expect(method(true).length).toBeGreaterThan(50);
      expect(method(false).length).toBeGreaterThan(50);
    }
  });

  test.each([
    ['texbook', 'textbook'], ['hyparview', 'hyparview-2007'], ['HyParView', 'hyparview-2007'], ['hypaview', 'hyparview-2007'],
    ['plumtree-2008', 'plumtree-2007'], ['glomer', 'glomers'], ['sort', undefined], ['', undefined],
  ])('"%s" probably means %s', (given, name) => {
    expect(suggestedReproduction(given)).toBe(name);
  });
});

describe('reproduce', () => {
  const options = { seed: 5, quick: true, onShare: () => {} };

  test('the textbook: every figure comes out exactly', () => {
    const report = reproduce(TEXTBOOK, options);
    expect(report).toMatchObject({ format: 'overlay-sim-reproduction/1', name: 'textbook', seed: 5, quick: true, paper: TEXTBOOK.paper, method: TEXTBOOK.method(true) });
    expect(report.rows).toHaveLength(47);
    expect(report.rows.filter(({ verdict }) => verdict !== 'reproduced')).toEqual([]);
  });
});

describe('a row', () => {
  const finding = { what: 'x', where: 'here', tolerance: { kind: 'relative', by: 0.1 } } as const;

  test.each([
    [{ kind: 'value', value: 10 }, 11, 'reproduced'],
    [{ kind: 'value', value: 10 }, 11.1, 'not reproduced'],
    [{ kind: 'atMost', value: 10 }, 3, 'reproduced'],
    [{ kind: 'atMost', value: 10 }, 11.1, 'not reproduced'],
    [{ kind: 'atLeast', value: 10 }, 9, 'reproduced'],
    [{ kind: 'atLeast', value: 10 }, 8.9, 'not reproduced'],
    [{ kind: 'between', from: 10, to: 20 }, 22, 'reproduced'],
    [{ kind: 'between', from: 10, to: 20 }, 8.9, 'not reproduced'],
  ] as const)('published %j, measured %d: %s', (published, value, verdict) => {
    expect(row({ ...finding, published, values: [value] }).verdict).toBe(verdict);
    expect(row({ ...finding, published, values: [value], unjudged: true }).verdict).toBe('reported');
  });

  test('is reported where nothing is published', () => {
    expect(row({ ...finding, published: { kind: 'none' }, values: [3] }).verdict).toBe('reported');
  });

  test('has mean and spread of its values', () => {
    expect(row({ ...finding, published: { kind: 'value', value: 2 }, values: [1, 2, 3] }).measured).toEqual({ count: 3, mean: 2, deviation: 1, min: 1, max: 3 });
  });
});
