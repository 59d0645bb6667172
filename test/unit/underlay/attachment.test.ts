import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { attachHosts } from '../../../sim/underlay/attachment.ts';
import type { HostChoice } from '../../../sim/underlay/attachment.ts';
import { generateTopology } from '../../../sim/underlay/generate/generators.ts';

const line = generateTopology('line', { routers: 7 }, 1);
const declared = {
  routers: line.routers,
  hosts: [
    { id: 'first', router: 6, accessDelayMs: 0.25 },
    { id: 'second', router: 0 },
    { id: 'third', router: 0, accessDelayMs: 0 },
  ],
};

function attach(hosts: HostChoice, underlay: Parameters<typeof attachHosts>[0] = line, accessDelayMs = 1.5): unknown[] {
  return attachHosts(underlay, { hosts, accessDelayMs }, new Random(5)).map(({ id, router, accessDelayMs: ms }) => [id, router, ms]);
}

describe('hosts hang off', () => {
  test('every router, under its id', () => {
    expect(attach({ kind: 'all' })).toEqual(['0', '1', '2', '3', '4', '5', '6'].map((id, router) => [id, router, 1.5]));
  });

  test('the routers whose position is divisible by K', () => {
    expect(attach({ kind: 'every', k: 3 })).toEqual([['0', 0, 1.5], ['3', 3, 1.5], ['6', 6, 1.5]]);
    expect(attach({ kind: 'every', k: 7 })).toEqual([['0', 0, 1.5]]);
  });

  test('N different routers at random, in the order of their index', () => {
    const chosen = attachHosts(line, { hosts: { kind: 'random', count: 4 }, accessDelayMs: 1 }, new Random(5)).map((host) => host.router);
    expect(new Set(chosen).size).toBe(4);
    expect(chosen).toEqual([...chosen].sort((x, y) => x - y));
    expect(chosen).not.toEqual([0, 1, 2, 3]);
    expect(attach({ kind: 'random', count: 7 })).toEqual(attach({ kind: 'all' }));
  });

  test('the routers that the file says, of which the choice is made then', () => {
    expect(attach({ kind: 'all' }, declared)).toEqual([['first', 6, 0.25], ['second', 0, 1.5], ['third', 0, 0]]);
    expect(attach({ kind: 'every', k: 2 }, declared)).toEqual([['first', 6, 0.25], ['third', 0, 0]]);
    expect(attach({ kind: 'random', count: 3 }, declared)).toEqual(attach({ kind: 'all' }, declared));
  });
});

test('what cannot be chosen is refused by name', () => {
  for (const value of [0, 8, 1.5, NaN]) {
    expect(() => attach({ kind: 'every', k: value })).toThrow(
      `--hosts: expected every:K with a whole number K from 1 to 7, the number of routers, got ${value}.`,
    );
    expect(() => attach({ kind: 'random', count: value })).toThrow(
      `--hosts: expected random:N with a whole number N from 1 to 7, the number of routers, got ${value}.`,
    );
  }
  expect(() => attach({ kind: 'random', count: 4 }, declared)).toThrow('from 1 to 3, the number of declared hosts, got 4.');
  for (const value of [-1, NaN, Infinity]) {
    expect(() => attach({ kind: 'all' }, line, value)).toThrow(`--access-delay: expected a finite number of ms, at least 0, got ${value}.`);
  }
});
