import { describe, expect, test } from 'vitest';

import { fixture } from '../../../fixtures/read.ts';
import { expectRefusal, matrixOf, NO_COUNTS } from './expect-refusal.ts';

const HALVED = 'Round-trip times halved to one-way delays; the diagonal is ignored.';

describe('matrices as text', () => {
  test('with headers, commas at the ends of lines, quotes, zeros that mean missing, and two directions', () => {
    expect(matrixOf(fixture('matrix.csv'), 'matrix.csv')).toEqual({
      kind: 'matrix',
      name: 'matrix',
      hostIds: ['Oslo', 'Rome'],
      delaysMs: Float64Array.of(0, 20, 21, 0),
      counts: { ...NO_COUNTS, excludedRouters: 1 },
      notes: [
        HALVED,
        '2 entries of 0 off the diagonal taken as missing.',
        '1 of 3 hosts excluded so that no pair lacks a measurement: Paris, Texas.',
        '1 pair of hosts with different times in the two directions; both are kept.',
      ],
    });
  });

  test('without headers hosts are named by their index', () => {
    expect(matrixOf(fixture('matrix.tsv'), 'matrix.tsv')).toEqual({
      kind: 'matrix',
      name: 'matrix',
      hostIds: ['0', '1', '2'],
      delaysMs: Float64Array.of(0, 5, 10.25, 5, 0, 15, 10.25, 15, 0),
      counts: NO_COUNTS,
      notes: [HALVED],
    });
  });

  test.each<[string, string, string[]]>([
    ['a header row only', 'a b\n0 10\n10 0', ['a', 'b']],
    ['a header column only', 'a;0;10\nb;10;0', ['a', 'b']],
    ['a titled corner', 'from/to,a,b\na,0,10\nb,10,0', ['a', 'b']],
    ['numbers as names', ',7,8\n7,0,10\n8,10,0', ['7', '8']],
    ['columns in another order', ',b,a\na,10,0\nb,0,10', ['a', 'b']],
    ['comments and empty lines', '# ping\n\n0,10\n10,0\n\n', ['0', '1']],
    ['CR only', '0,10\r10,0\r', ['0', '1']],
    ['an empty diagonal', ',10\n10,', ['0', '1']],
    ['a diagonal that is not zero', '3,10\n10,4', ['0', '1']],
  ])('%s', (_, text, hostIds) => {
    const built = matrixOf(text, 'f.csv');
    expect(built.hostIds).toEqual(hostIds);
    expect([...built.delaysMs]).toEqual([0, 5, 5, 0]);
    expect(built.notes).toEqual([HALVED]);
  });

  test('a half is filled in from the other, as a triangle shows', () => {
    const built = matrixOf('0,10,20\n,0,30\n-,NaN,0', 'f.csv');
    expect([...built.delaysMs]).toEqual([0, 5, 10, 5, 0, 15, 10, 15, 0]);
    expect(built.notes).toEqual([HALVED, '3 missing entries filled in from the opposite direction.']);
  });

  test('hosts go, those with most missing pairs first and of equal ones the last, until none is missing', () => {
    const built = matrixOf(',a,b,c,d\na,0,,2,2\nb,,0,-,2\nc,2,-,0,null\nd,2,2,null,0', 'f.csv');
    expect(built.hostIds).toEqual(['a', 'd']);
    expect(built.notes[1]).toBe('2 of 4 hosts excluded so that no pair lacks a measurement: c, b.');
  });

  test.each([
    ['0,10\n10,0\n5,5', 'f.csv, line 1: expected 3 entries, as many as there are rows, got 2.'],
    ['0,10,20\n10,0,30', 'f.csv, line 1: expected 2 entries, as many as there are rows, got 3.'],
    [',a,b\na,0,10', 'f.csv, line 1: expected 1 names, as many as there are rows, got 2.'],
    [',a,b\na,0,10\nb,x,0', 'f.csv, line 3, column 2: expected a round-trip time in ms, got "x".'],
    [',a,b\na,0,-10\nb,10,0', 'f.csv, line 2, column 3: expected a finite round-trip time of at least 0 ms, got -10.'],
    ['0,inf\n10,0', 'f.csv, line 1, column 2: expected a finite round-trip time of at least 0 ms, got Infinity.'],
    [',a,a\na,0,10\nb,10,0', 'f.csv, line 1: two hosts have the id "a".'],
    [',a,b\na,0,10\na,10,0', 'f.csv, first column: two hosts have the id "a".'],
    [',a,b\na,0,10\nc,10,0', 'f.csv, line 1: the column "b" has no row of that name.'],
    [',a,b\n', 'f.csv, line 1: the matrix has a header and no rows.'],
    ['# nothing', 'f.csv: the matrix has no rows.'],
  ])('%j is refused', (text, message) => {
    expectRefusal(text, 'f.csv', message);
  });

  test('too many rows or columns are refused', () => {
    expectRefusal(`${'1,'.repeat(6000)}\n`, 'f.csv', 'f.csv: line 1 has 6001 columns, matrices of at most 5000 hosts are read.', 'TOPOLOGY_TOO_LARGE');
    expectRefusal('1,2\n'.repeat(6000), 'f.csv', 'f.csv: more than 5000 rows, matrices of at most 5000 hosts are read.', 'TOPOLOGY_TOO_LARGE');
  });
});

describe('matrices as JSON', () => {
  test('from each to each, in the order of the outer keys', () => {
    expect(matrixOf(fixture('cloudping.json'), 'cloudping.json')).toEqual({
      kind: 'matrix',
      name: 'cloudping',
      hostIds: ['eu-west-1', 'us-east-1'],
      delaysMs: Float64Array.of(0, 35, 36, 0),
      counts: NO_COUNTS,
      notes: [HALVED, '1 pair of hosts with different times in the two directions; both are kept.'],
    });
  });

  test('as rows with labels', () => {
    const built = matrixOf(fixture('matrix.json'), 'matrix.json');
    expect(built.hostIds).toEqual(['a', 'b', 'c']);
    expect([...built.delaysMs]).toEqual([0, 5, 15, 5, 0, 10, 15, 10, 0]);
    expect(built.notes).toEqual([HALVED, '1 missing entry filled in from the opposite direction.']);
  });

  test('as rows alone, and as pairs without `data`', () => {
    expect(matrixOf('[[0,2],[2,0]]', 'f').hostIds).toEqual(['0', '1']);
    expect(matrixOf('{"a":{"b":2},"b":{}}', 'f')).toMatchObject({ hostIds: ['a', 'b'], delaysMs: Float64Array.of(0, 1, 1, 0) });
  });

  test.each([
    ['[[0,2],[2]]', 'f[1]: expected 2 entries, as many as there are rows, got 1.'],
    ['[[0,2],3]', 'f[1]: expected an array of 2 round-trip times, got 3.'],
    ['{"matrix":[[0,"2"],[2,0]]}', 'f, matrix[0][1]: expected a round-trip time in ms or null, got "2".'],
    ['{"matrix":[[0,-2],[2,0]]}', 'f, matrix[0][1]: expected a finite round-trip time of at least 0 ms, got -2.'],
    ['{"hosts":["a"],"matrix":[[0,2],[2,0]]}', 'f, hosts: expected an array of 2 names, one a row, got an array of 1.'],
    ['{"hosts":["a","a"],"matrix":[[0,2],[2,0]]}', 'f, hosts: two hosts have the id "a".'],
    ['{"data":{"a":{"b":true}}}', 'f, data["a"]["b"]: expected a round-trip time in ms or null, got true.'],
    ['[]', 'f: the matrix has no hosts.'],
  ])('%s is refused', (text, message) => {
    expectRefusal(text, 'f', message.replace(/^f\[/, 'f, ['));
  });
});
