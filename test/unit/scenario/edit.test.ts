import { describe, expect, test } from 'vitest';
import { onEqualDelays, sooner, withoutPeers } from '../../../sim/scenario/edit.ts';
import { smallScenario } from './small.ts';

const BUSY = smallScenario({
  commands: [{ atMs: 500, peer: 1, command: 'a' }, { atMs: 600, peer: 2, command: 'b' }],
  faults: [
    { kind: 'crash', atMs: 100, peer: 1, restartAfterMs: 20 },
    { kind: 'partition', atMs: 200, forMs: 50, sides: [[0, 1], [2]] },
    { kind: 'partition', atMs: 200, forMs: 50, sides: [[0, 2], [1]] },
    { kind: 'loss', atMs: 300, forMs: 50, p: 0.5, between: { from: [1, 2] } },
    { kind: 'clog', atMs: 300, forMs: 50, between: { from: [0], to: [1] } },
    { kind: 'jitter', atMs: 400, forMs: 51, byMs: 9 },
    { kind: 'massFailure', atMs: 500, share: 0.5 },
  ],
});

describe('withoutPeers', () => {
  test('takes out what only concerned those peers, and leaves the rest', () => {
    expect(withoutPeers(BUSY, new Set([1]))).toEqual({
      ...BUSY,
      // Who would have joined through it joins through the first peer.
      peers: [{ host: 0, joinMs: 0 }, { host: 2, joinMs: 200 }],
      commands: [{ atMs: 600, peer: 2, command: 'b' }],
      faults: [
        { kind: 'partition', atMs: 200, forMs: 50, sides: [[0], [2]] },
        { kind: 'loss', atMs: 300, forMs: 50, p: 0.5, between: { from: [2] } },
        { kind: 'jitter', atMs: 400, forMs: 51, byMs: 9 },
        { kind: 'massFailure', atMs: 500, share: 0.5 },
      ],
    });
  });

  test('takes out their publishes; of nobody nothing', () => {
    expect(withoutPeers(BUSY, new Set([2])).publishes).toEqual([{ atMs: 2000, peer: 0, bytes: 8 }]);
    expect(withoutPeers(BUSY, new Set())).toEqual(BUSY);
  });
});

describe('onEqualDelays', () => {
  test('numbers the hosts anew, and has no place for failures of links and routers', () => {
    const sparse = smallScenario({
      underlay: { kind: 'generated', name: 'ring', parameters: { routers: 9 }, seed: 1 },
      peers: [{ host: 8, joinMs: 0 }, { host: 3, joinMs: 100, contact: 8 }],
      publishes: [{ atMs: 1, peer: 8, bytes: 1 }],
      commands: [{ atMs: 2, peer: 3, command: 'x' }],
      faults: [
        { kind: 'linkFailure', link: ['0', '1'], atMs: 1, forMs: 1 }, { kind: 'routerFailure', router: '1', atMs: 1, forMs: 1 },
        { kind: 'pause', peer: 8, atMs: 1, forMs: 1 }, { kind: 'partition', sides: [[3], [8]], atMs: 1, forMs: 1 },
        { kind: 'loss', p: 1, atMs: 1, forMs: 1, between: { to: [8, 5] } }, { kind: 'jitter', byMs: 1, atMs: 1, forMs: 1 },
      ],
    });
    expect(onEqualDelays(sparse, 10)).toEqual({
      ...sparse,
      underlay: { kind: 'equal', hosts: 2, delayMs: 10 },
      peers: [{ host: 1, joinMs: 0 }, { host: 0, joinMs: 100, contact: 1 }],
      publishes: [{ atMs: 1, peer: 1, bytes: 1 }],
      commands: [{ atMs: 2, peer: 0, command: 'x' }],
      faults: [
        { kind: 'pause', peer: 1, atMs: 1, forMs: 1 }, { kind: 'partition', sides: [[0], [1]], atMs: 1, forMs: 1 },
        // Host 5 had no peer.
        { kind: 'loss', p: 1, atMs: 1, forMs: 1, between: { to: [1] } }, { kind: 'jitter', byMs: 1, atMs: 1, forMs: 1 },
      ],
    });
  });
});

describe('sooner', () => {
  test('multiplies all times, and leaves every fault some time', () => {
    const half = sooner(BUSY, 0.5);
    expect(half.peers.map(({ joinMs }) => joinMs)).toEqual([0, 50, 100]);
    expect(half.publishes.map(({ atMs }) => atMs)).toEqual([1000, 1500]);
    expect(half.commands?.map(({ atMs }) => atMs)).toEqual([250, 300]);
    expect(half.faults.map((fault) => [fault.atMs, 'forMs' in fault ? fault.forMs : undefined])).toEqual([[50, undefined], [100, 25], [100, 25], [150, 25], [150, 25], [200, 26], [250, undefined]]);
    expect(half.faults.flatMap((fault) => ('restartAfterMs' in fault ? [fault.restartAfterMs] : 'rejoinAfterMs' in fault ? [fault.rejoinAfterMs] : []))).toEqual([10]);
    expect(sooner(BUSY, 0.001).faults.map((fault) => ('forMs' in fault ? fault.forMs : 1))).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});
