import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../../sim/scenario/parse.ts';
import { lastMs } from '../../../sim/scenario/scenario.ts';
import { smallScenario } from './small.ts';

const LEAST = { format: 'overlaycast-scenario/1', underlay: { kind: 'equal', hosts: 2, delayMs: 5 }, peers: { count: 2 } };
const RING = { kind: 'generated', name: 'ring', parameters: { routers: 4 }, seed: 1 };

describe('parseScenario', () => {
  test('the least document gets the defaults', () => {
    expect(parseScenario(LEAST)).toEqual({
      format: 'overlaycast-scenario/1', name: 'scenario', seed: 1, underlay: LEAST.underlay, group: {},
      peers: [{ host: 0, joinMs: 0 }, { host: 1, joinMs: 100 }], publishes: [], faults: [],
    });
  });

  test('a complete one stays as it is', () => {
    const complete = smallScenario({
      commands: [{ atMs: 1, peer: 1, command: { any: ['thing', null] } }],
      faults: [
        { kind: 'loss', atMs: 1, forMs: 2, p: 0.5, between: { from: [0], to: [1, 2] } },
        { kind: 'duplication', atMs: 1, forMs: 2, p: 0.5 },
        { kind: 'reordering', atMs: 1, forMs: 2, p: 0.5, byMs: 7 },
        { kind: 'corruption', atMs: 1, forMs: 2, p: 1 },
        { kind: 'jitter', atMs: 1, forMs: 2, byMs: 7 },
        { kind: 'bandwidth', atMs: 1, forMs: 2, kbps: 64, queueMs: 100 },
        { kind: 'clog', atMs: 1, forMs: 2, between: { from: [0] } },
        { kind: 'partition', atMs: 1, forMs: 2, sides: [[0], [1, 2]], oneWay: true },
        { kind: 'crash', atMs: 1, peer: 0, restartAfterMs: 3 },
        { kind: 'massFailure', atMs: 1, share: 0.5 },
        { kind: 'pause', atMs: 1, forMs: 2, peer: 0 },
        { kind: 'leave', atMs: 1, peer: 0, rejoinAfterMs: 3 },
        { kind: 'slow', atMs: 1, forMs: 2, peer: 0, inputMs: 4 },
        { kind: 'clockSkew', atMs: 1, forMs: 2, peer: 0, rate: 1.5 },
      ],
      settleMs: 1000,
    });
    expect(parseScenario(JSON.parse(JSON.stringify(complete)))).toEqual(complete);
  });

  test('failures of links and routers name those of the underlay', () => {
    const faults = [{ kind: 'linkFailure', link: ['0', '1'], atMs: 1, forMs: 2 }, { kind: 'routerFailure', router: '3', atMs: 1, forMs: 2 }];
    expect(parseScenario({ ...LEAST, underlay: RING, faults }).faults).toEqual(faults);
  });

  test('as many publishes and commands as are allowed', () => {
    const commands = Array.from({ length: 100_000 }, (_, index) => ({ atMs: index, peer: 0, command: 0 }));
    const scenario = parseScenario({ ...LEAST, publishes: { count: 100_000, fromMs: 5, everyMs: 1, peers: [0] }, commands });
    expect(lastMs(scenario)).toBe(100_004);
  });

  test('series of peers and publishes are written out', () => {
    const { peers, publishes } = parseScenario({
      ...LEAST, peers: { count: 2, joinEveryMs: 7 }, publishes: { count: 3, fromMs: 10, everyMs: 5, peers: [1, 0], bytes: 9 },
    });
    expect(peers).toEqual([{ host: 0, joinMs: 0 }, { host: 1, joinMs: 7 }]);
    expect(publishes).toEqual([{ atMs: 10, peer: 1, bytes: 9 }, { atMs: 15, peer: 0, bytes: 9 }, { atMs: 20, peer: 1, bytes: 9 }]);
    expect(parseScenario({ ...LEAST, publishes: { count: 1, fromMs: 0, everyMs: 1, peers: [0] } }).publishes).toEqual([{ atMs: 0, peer: 0, bytes: 100 }]);
  });

  test.each([
    [undefined, 'the document: expected an object, got nothing.'],
    [{ ...LEAST, seed: -1 }, 'seed: expected a whole number from 0 to 9007199254740991, got -1.'],
    [{ ...LEAST, underlay: { kind: 'equal', hosts: 0, delayMs: 5 } }, 'underlay.hosts: expected a whole number from 1 to 10000, got 0.'],
    [{ ...LEAST, underlay: { ...RING, parameters: { routers: 'four' } } }, 'underlay.parameters.routers: expected a number, got "four".'],
    [{ ...LEAST, group: { dissemination: 'flod' } }, 'group: '],
    [{ ...LEAST, group: [] }, 'group: expected the options of a group, got an array of 0.'],
    [{ ...LEAST, peers: [] }, 'peers: expected a list of 1 to 10000 elements, got an array of 0.'],
    [{ ...LEAST, peers: [{ host: 0, joinMs: 0 }, { host: 0, joinMs: 1 }] }, 'peers[1].host: expected a host with no other peer, got 0.'],
    [{ ...LEAST, peers: [{ host: 2, joinMs: 0 }] }, 'peers[0].host: expected one of the 2 hosts of the underlay, 0 to 1, got 2.'],
    [{ ...LEAST, peers: [{ host: 0, joinMs: 0, contact: 1 }] }, 'peers[0].contact: expected the host of a peer, got 1.'],
    [{ ...LEAST, publishes: [{ atMs: 1, peer: 2, bytes: 1 }] }, 'publishes[0].peer: expected the host of a peer, got 2.'],
    [{ ...LEAST, commands: [{ atMs: 1, peer: 2, command: 1 }] }, 'commands[0].peer: expected the host of a peer, got 2.'],
    [{ ...LEAST, faults: [{ kind: 'partition', atMs: 1, forMs: 1, sides: [[0]] }] }, 'faults[0].sides: expected a list of 2 to 64 elements, got an array of 1.'],
    [{ ...LEAST, faults: [{ kind: 'crash', atMs: 1 }] }, 'faults[0].peer: expected a whole number from 0 to 9999, got nothing.'],
    [{ ...LEAST, faults: [{ kind: 'crash', atMs: 1, peer: 0, forMs: 3 }] }, 'faults[0]: expected fields kind, peer, atMs, restartAfterMs, disk, got "forMs".'],
    [{ ...LEAST, faults: [{ kind: 'linkFailure', atMs: 1, forMs: 1, link: ['0', '1'] }] }, 'faults[0].link: expected an underlay with routers for a failure of 0 - 1, got one with delays alone.'],
    [{ ...LEAST, underlay: RING, faults: [{ kind: 'linkFailure', atMs: 1, forMs: 1, link: ['0', '2'] }] }, 'faults[0].link: expected the ends of a link of generated:ring, got "0" and "2".'],
    [{ ...LEAST, underlay: RING, faults: [{ kind: 'routerFailure', atMs: 1, forMs: 1, router: 'x' }] }, 'faults[0].router: expected the id of a router of generated:ring, got "x".'],
    [{ ...LEAST, group: { disemination: 'plumtree' } }, 'group: expected options overlay, dissemination, repair, order, '],
    [{ ...LEAST, group: { disemination: 'plumtree' } }, 'got "disemination" (did you mean dissemination?).'],
    [{ ...LEAST, underlay: { ...RING, parameters: { router: 4 } } }, 'underlay: ring: expected one of routers, delay-ms, got "router". Did you mean routers?'],
    [{ ...LEAST, underlay: { kind: 'builtin', name: 'x' } }, 'underlay: builtin: expected one of textbook, transit-stub, got "x".'],
    [{ ...LEAST, underlay: { kind: 'topology' } }, 'underlay.topology: expected a topology, got nothing.'],
    [{ ...LEAST, underlay: { kind: 'topology', topology: { nodes: [] } } }, 'underlay.topology: expected an array `links` or `edges` beside `nodes`.'],
    [{ ...LEAST, group: { messageBytesMax: 1000 }, publishes: [{ atMs: 1, peer: 1, bytes: 1001 }] }, 'publishes[0].bytes: expected at most messageBytesMax of the group, 1000, got 1001.'],
    [{ ...LEAST, faults: [{ kind: 'partition', atMs: 1, forMs: 1, sides: [[0], [7]] }] }, 'faults[0].sides[1][0]: expected one of the 2 hosts of the underlay, 0 to 1, got 7.'],
    [{ ...LEAST, faults: [{ kind: 'partition', atMs: 1, forMs: 1, sides: [[0], [1, 0]] }] }, 'faults[0].sides[1][1]: expected a host on one side alone, got 0.'],
    [{ ...LEAST, faults: [{ kind: 'loss', atMs: 1, forMs: 1, p: 1, between: { to: [0, 7] } }] }, 'faults[0].between.to[1]: expected one of the 2 hosts of the underlay, 0 to 1, got 7.'],
    [{ ...LEAST, faults: [{ kind: 'crash', atMs: 1, peer: 0, disk: 'full' }] }, 'faults[0].disk: expected one of kept, lost, got "full".'],
  ])('%j is refused', (document, sentence) => {
    expect(() => parseScenario(document)).toThrow(expect.objectContaining({ code: 'INVALID_SCENARIO', message: expect.stringContaining(sentence) }));
  });
});
