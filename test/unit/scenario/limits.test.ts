import { describe, expect, test } from 'vitest';
import { bufferLimits, peerConfig } from '../../../lib/node/options.ts';
import { CONTRACTS } from '../../../sim/scenario/bounds.ts';
import { drawScenario } from '../../../sim/scenario/draw.ts';
import { LIMIT_RANGES } from '../../../sim/scenario/limits.ts';
import { parseScenario } from '../../../sim/scenario/parse.ts';
import { checkLimits } from '../../../sim/stack/check-limits.ts';
import { smallScenario } from './small.ts';

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);
const LEAST = { format: 'overlaycast-scenario/1', underlay: { kind: 'equal', hosts: 2, delayMs: 5 }, peers: { count: 2 } };

/** Limits that stand in relation to another: the other at its end, too. */
const WITH: Readonly<Record<string, object>> = { keepAliveMs: { idleTimeoutMs: 86_400_000 }, idleTimeoutMs: { keepAliveMs: 1 } };

describe('limits of live peers in a scenario', () => {
  test('have the ranges that createPeer and join have', () => {
    const { bufferMessagesMax: messages, bufferBytesMax: bytes, readEveryMs: _every, reassemblyBytesMax: _reassembly, ...ofPeer } = LIMIT_RANGES;
    for (const [name, [min, max]] of Object.entries(ofPeer)) {
      const least = name === 'idleTimeoutMs' ? min + 1 : min;
      for (const value of [least, max]) expect(() => peerConfig({ ...WITH[name], [name]: value }), `${name} ${value}`).not.toThrow();
      for (const value of [min - 1, max + 1]) expect(() => peerConfig({ ...WITH[name], [name]: value }), `${name} ${value}`).toThrow(name);
    }
    for (const [min] of [messages, bytes]) expect(() => bufferLimits({ bufferMessagesMax: min, bufferBytesMax: min })).not.toThrow();
  });

  test('are read as they stand, of all peers and of one', () => {
    const scenario = smallScenario({ limits: { queueBytesMax: 1000, readEveryMs: 5 } });
    const complete = { ...scenario, peers: scenario.peers.map((plan, index) => (index === 1 ? { ...plan, limits: { linksMax: 3 } } : plan)) };
    expect(parseScenario(JSON.parse(JSON.stringify(complete)))).toEqual(complete);
  });

  test.each([
    [{ ...LEAST, limits: { queueBytes: 5 } }, /^limits: expected fields queueBytesMax, .*, got "queueBytes" \(did you mean queueBytesMax\?\)\.$/],
    [{ ...LEAST, limits: { linksMax: 0 } }, /^limits\.linksMax: expected a whole number from 1 to 1000000, got 0\.$/],
    [{ ...LEAST, peers: [{ host: 0, joinMs: 0, limits: { readEveryMs: 0 } }] }, /^peers\[0\]\.limits\.readEveryMs: expected a whole number from 1 to 3600000, got 0\.$/],
    [{ ...LEAST, peers: [{ host: 0, joinMs: 0, limits: { reassemblyBytesMax: 5 } }] }, /^peers\[0\]\.limits: expected fields queueBytesMax, .*, got "reassemblyBytesMax"\.$/],
  ])('%j is refused', (document, sentence) => {
    expect(() => parseScenario(document)).toThrow(expect.objectContaining({ code: 'INVALID_SCENARIO', message: expect.stringMatching(sentence) }));
  });

  test('that peers refuse together are refused before the run, by the name of the field', () => {
    expect(() => checkLimits(smallScenario({ limits: { keepAliveMs: 30_000 } }))).toThrow(expect.objectContaining({
      code: 'INVALID_SCENARIO', message: expect.stringMatching(/^limits: keepAliveMs: expected less than idleTimeoutMs \(20000\)/),
    }));
  });
});

describe('what is drawn for live peers', () => {
  test('is added to the scenario of the same seed, all else stays', () => {
    for (const seed of SEEDS) {
      const [plain, live] = [drawScenario(seed), drawScenario(seed, { isLive: true })];
      const { limits: _limits, ...others } = live;
      expect({ ...others, publishes: plain.publishes }).toEqual(plain);
      expect(live.publishes.map(({ atMs, peer }) => [atMs, peer])).toEqual(plain.publishes.map(({ atMs, peer }) => [atMs, peer]));
      expect(parseScenario(JSON.parse(JSON.stringify(live)))).toEqual(live);
      checkLimits(live);
    }
  });

  test('is small queues, readers, long messages, and nothing of these', () => {
    const all = SEEDS.map((seed) => drawScenario(seed, { isLive: true, contracts: CONTRACTS.filter(({ name }) => name === 'flood') }));
    const some = (of: (scenario: (typeof all)[number]) => boolean): boolean => all.some(of) && !all.every(of);
    for (const name of ['queueBytesMax', 'linksMax', 'readEveryMs', 'bufferMessagesMax', 'publishTimeoutMs', 'idleLinkMs', 'reassemblyBytesMax'] as const) expect(some(({ limits }) => limits?.[name] !== undefined), name).toBe(true);
    expect(some(({ publishes }) => publishes.some(({ bytes }) => bytes >= 20_000))).toBe(true);
    expect(some(({ limits }) => limits === undefined)).toBe(true);
  });
});
