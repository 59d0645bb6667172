import { describe, expect, test } from 'vitest';
import { DEFAULTS, groupConfig } from '../../../lib/core/config.ts';
import { OverlayError } from '../../../lib/core/errors.ts';
import { type JoinOptions, PEER_DEFAULTS, type PeerLimits, type PeerOptions, bufferLimits, liveGroupOptions, peerConfig } from '../../../lib/node/options.ts';
import { formatAddress } from '../../../lib/transport/address.ts';

/** The text of the error, which must be `INVALID_OPTION`. */
function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof OverlayError && error.code === 'INVALID_OPTION') return error.message;
    throw error;
  }
  return 'no error';
}

/** Options as a caller without types can give them. */
function loose(options: Readonly<Record<string, unknown>>): PeerOptions & JoinOptions {
  return options as PeerOptions & JoinOptions;
}

/** Default, smallest, largest. */
const LIMITS: Readonly<Record<keyof PeerLimits, readonly [number, number, number]>> = {
  queueBytesMax: [8_388_608, 1, 2 ** 40],
  handshakeTimeoutMs: [5000, 1, 3_600_000],
  keepAliveMs: [5000, 1, 3_600_000],
  idleTimeoutMs: [20_000, 1, 86_400_000],
  linksMax: [256, 1, 1_000_000],
  pendingMax: [256, 1, 1_000_000],
  closeTimeoutMs: [1000, 0, 3_600_000],
  messageBytesMax: [1_048_576, 1, 2 ** 30],
  peersMax: [65_536, 16_384, 2 ** 24],
  largeBytes: [16_384, 0, 2 ** 30],
  idleLinkMs: [15_000, 1, 86_400_000],
  bootstrapRetryMs: [250, 1, 3_600_000],
  bootstrapRetryMaxMs: [30_000, 1, 86_400_000],
  healIntervalMs: [10_000, 1, 86_400_000],
  publishTimeoutMs: [1000, 0, 3_600_000],
};

/** What has to go along so that an extreme value fits the others. */
const BESIDE: Readonly<Record<string, PeerOptions>> = {
  keepAliveMs: { idleTimeoutMs: 86_400_000 },
  idleTimeoutMs: { keepAliveMs: 1 },
  bootstrapRetryMs: { bootstrapRetryMaxMs: 86_400_000 },
  bootstrapRetryMaxMs: { bootstrapRetryMs: 1 },
};

describe('the options of a peer', () => {
  test('have defaults, all of them', () => {
    const { listen, ...config } = peerConfig();
    expect(listen.map(formatAddress)).toEqual(['udp://0.0.0.0:0', 'tcp://0.0.0.0:0']);
    expect(config).toEqual({
      ...Object.fromEntries(Object.entries(LIMITS).map(([name, [value]]) => [name, value])),
      bootstrap: [], advertise: undefined, id: undefined, preset: 'lan', prefer: 'auto', signal: undefined,
      failureDetector: { ...DEFAULTS.failureDetector, suspicionMult: 3, suspicionMaxMult: 4 },
    });
    expect(Object.keys(PEER_DEFAULTS).sort()).toEqual(Object.keys(LIMITS).sort());
    expect(Object.isFrozen(peerConfig())).toBe(true);
  });

  test.each(Object.entries(LIMITS))('%s takes whole numbers in its range, and nothing else', (name, [, min, max]) => {
    const beside = BESIDE[name];
    for (const value of [min, max].filter((one) => !(name === 'idleTimeoutMs' && one === 1))) {
      expect(peerConfig(loose({ ...beside, [name]: value }))).toMatchObject({ [name]: value });
    }
    for (const value of [min - 1, max + 1, min + 0.5, NaN, Infinity]) {
      expect(refusalOf(() => peerConfig(loose({ ...beside, [name]: value })))).toBe(`${name}: expected a whole number from ${min} to ${max}, got ${value}.`);
    }
    expect(refusalOf(() => peerConfig(loose({ [name]: '5' })))).toBe(`${name}: expected a whole number from ${min} to ${max}, got "5".`);
  });

  test('that are undefined take their default', () => {
    const names = [...Object.keys(LIMITS), 'listen', 'bootstrap', 'advertise', 'id', 'preset', 'prefer', 'failureDetector', 'signal'];
    expect(peerConfig(loose(Object.fromEntries(names.map((name) => [name, undefined]))))).toEqual(peerConfig());
    expect(peerConfig(loose({ failureDetector: { suspicionMult: undefined } }))).toEqual(peerConfig());
  });

  test.each([
    [{ preset: 'LAN' }, 'preset: expected one of local, lan, wan, got "LAN".'],
    [{ preset: 'toString' }, 'preset: expected one of local, lan, wan, got "toString".'],
    [{ prefer: 'quic' }, 'prefer: expected one of auto, udp, tcp, got "quic".'],
    [{ id: 'ab' }, 'id: expected 32 hexadecimal digits, got "ab".'],
    [{ listen: 'udp://nowhere' }, 'listen: expected an address such as udp://127.0.0.1:7000 or tcp://[::1]:7000, got "udp://nowhere".'],
    [{ listen: ['udp://0.0.0.0:1', 'udp://0.0.0.0:2'] }, 'listen: expected at most one udp address, got "2 of them".'],
    [{ bootstrap: 'tcp://10.0.0.1:0' }, 'bootstrap: expected addresses with a port from 1 to 65535, got "port 0".'],
    [{ advertise: ['tcp://10.0.0.1:0'] }, 'advertise: expected addresses with a port from 1 to 65535, got "port 0".'],
    [{ idleTimeoutMs: 4000 }, 'keepAliveMs: expected less than idleTimeoutMs (4000), got 5000.'],
    [{ bootstrapRetryMaxMs: 100 }, 'bootstrapRetryMs: expected at most bootstrapRetryMaxMs (100), got 250.'],
    [{ failureDetector: { probeTimeoutMs: 1000 } }, 'failureDetector.probeTimeoutMs: expected less than probeIntervalMs (1000), got 1000.'],
  ])('%o is refused', (options, text) => {
    expect(refusalOf(() => peerConfig(loose(options)))).toBe(text);
  });

  test('that are unknown are refused, with all there are', () => {
    const names = ['listen', 'bootstrap', 'advertise', 'id', 'preset', 'prefer', 'failureDetector', 'signal', ...Object.keys(LIMITS)];
    const text = refusalOf(() => peerConfig(loose({ bootstraps: [] })));
    expect(text.startsWith('createPeer: expected options ') && text.endsWith(', got "bootstraps".')).toBe(true);
    expect(text.slice('createPeer: expected options '.length, -', got "bootstraps".'.length).split(', ').sort()).toEqual(names.sort());
  });

  test.each([[{ listen: 9000 }, 'listen'], [{ bootstrap: {} }, 'bootstrap'], [{ listen: [9000] }, 'listen'], [{ failureDetector: 'off' }, 'failureDetector'], [{ signal: 5 }, 'signal']])('%o, of a wrong type, is refused by name', (options, name) => {
    expect(refusalOf(() => peerConfig(loose(options))).startsWith(`${name}: expected `)).toBe(true);
  });

  test('may be one address in place of a list', () => {
    const { listen, bootstrap, advertise } = peerConfig({ listen: 'tcp://[::1]:1', bootstrap: 'udp://seed.example:2', advertise: 'udp://1.2.3.4:3' });
    expect([listen, bootstrap, advertise].map((list) => list?.map(formatAddress))).toEqual([['tcp://[::1]:1'], ['udp://seed.example:2'], ['udp://1.2.3.4:3']]);
  });

  test('id is sixteen bytes in hexadecimal digits', () => {
    expect(peerConfig({ id: '000102030405060708090a0b0c0d0eff' }).id).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255));
  });

  test.each([
    ['local', { handshakeTimeoutMs: 2000, keepAliveMs: 2000, idleTimeoutMs: 10_000, healIntervalMs: 3000, bootstrapRetryMs: 100 },
      { probeIntervalMs: 500, probeTimeoutMs: 200, suspicionMult: 2, suspicionMaxMult: 3 }, { iHaveDelayMs: 10, graftTimeoutMs: 100, graftRetryMs: 50 }],
    ['lan', {}, { suspicionMult: 3, suspicionMaxMult: 4 }, { iHaveDelayMs: 20, graftTimeoutMs: 250, graftRetryMs: 150 }],
    ['wan', { handshakeTimeoutMs: 10_000, idleTimeoutMs: 40_000, bootstrapRetryMs: 500, healIntervalMs: 30_000 },
      { probeIntervalMs: 2000, probeTimeoutMs: 1000 }, { iHaveDelayMs: 50, graftTimeoutMs: 1000, graftRetryMs: 500 }],
  ] as const)('preset %s changes some, and what is given stands above it', (preset, peer, failureDetector, plumtree) => {
    const config = peerConfig({ preset });
    expect(config).toEqual({ ...peerConfig(), preset, ...peer, failureDetector: { ...DEFAULTS.failureDetector, ...failureDetector } });
    expect(groupConfig(liveGroupOptions({}, config)).dissemination).toEqual({ ...DEFAULTS.dissemination.plumtree, ...plumtree });
    expect(peerConfig({ preset, healIntervalMs: 77, failureDetector: { suspicionMult: 9 } })).toMatchObject({ healIntervalMs: 77, failureDetector: { suspicionMult: 9 } });
    const tuned = groupConfig(liveGroupOptions({ dissemination: { kind: 'plumtree', graftTimeoutMs: 777 } }, config)).dissemination;
    expect(tuned).toEqual({ ...DEFAULTS.dissemination.plumtree, ...plumtree, graftTimeoutMs: 777 });
  });

  test('failureDetector none watches nobody', () => {
    expect(peerConfig({ failureDetector: 'none' }).failureDetector).toBeUndefined();
  });
});

describe('the options of a live group', () => {
  const configOf = (options: JoinOptions, peer: PeerOptions = {}) => groupConfig(liveGroupOptions(options, peerConfig(peer)));

  test('have the defaults of live groups', () => {
    expect(configOf({})).toEqual({
      ...DEFAULTS.group, since: 'now', historyMessagesMax: 4096, historyBytesMax: 16_777_216,
      overlay: DEFAULTS.overlay.hyparview, repair: DEFAULTS.dissemination['anti-entropy'],
      dissemination: { ...DEFAULTS.dissemination.plumtree, iHaveDelayMs: 20, graftTimeoutMs: 250, graftRetryMs: 150 },
    });
  });

  test('that are undefined take the default of live groups', () => {
    const names = ['overlay', 'dissemination', 'order', 'repair', 'since', 'history', 'members', 'bufferMessagesMax', 'bufferBytesMax', 'gapTimeoutMs'];
    expect(configOf(loose(Object.fromEntries(names.map((name) => [name, undefined]))))).toEqual(configOf({}));
    expect(configOf({ dissemination: loose({ kind: 'plumtree', iHaveDelayMs: undefined }) as never })).toEqual(configOf({}));
  });

  test('follow the largest message of the peer', () => {
    expect(configOf({}, { messageBytesMax: 50 * 2 ** 20 })).toMatchObject({ messageBytesMax: 50 * 2 ** 20, historyBytesMax: 50 * 2 ** 20 });
    expect(refusalOf(() => configOf({ history: { bytesMax: 1000 } }))).toContain('historyBytesMax: expected at least messageBytesMax (1048576)');
  });

  test('history, order, since and repair are those given', () => {
    expect(configOf({ history: { messagesMax: 5, bytesMax: 2 ** 21 }, order: 'causal', since: 'history', repair: 'none' })).toMatchObject({
      historyMessagesMax: 5, historyBytesMax: 2 ** 21, order: 'causal', since: 'history', repair: undefined,
    });
  });

  test('anti-entropy as dissemination needs no repair beside it', () => {
    expect(configOf({ dissemination: 'anti-entropy' }).repair).toBeUndefined();
    expect(configOf({ dissemination: { kind: 'anti-entropy', cycleMs: 50 } }).repair).toBeUndefined();
  });

  test.each([
    [{ order: 'total' }, 'group.order: expected one of none, fifo, causal, got "total".'],
    [{ since: 'ever' }, 'group.since: expected one of any, now, history, got "ever".'],
    [{ repair: 'maybe' }, 'repair: expected one of none, anti-entropy, got "maybe".'],
    [{ overlay: 'chord' }, 'overlay: expected one of hyparview, cyclon, full, static, narada, switch-tree, x-bot, nice, got "chord".'],
    [{ dissemination: 5 }, 'dissemination: expected one of flooding, unicast, tree, plumtree, gossip-mesh, rumor, anti-entropy, got nothing.'],
  ])('%o is refused', (options, text) => {
    expect(refusalOf(() => configOf(loose(options)))).toBe(text);
  });

  test.each([[{ ordr: 'fifo' }, 'ordr'], [{ history: { messageMax: 5 } }, 'messageMax'], [{ messageBytesMax: 5 }, 'messageBytesMax'], [{ historyMessagesMax: 5 }, 'historyMessagesMax']])('%o, which is unknown, is refused', (options, name) => {
    expect(refusalOf(() => configOf(loose(options)))).toContain(`got "${name}"`);
  });

  test('that are unknown are refused, with all there are', () => {
    const known = 'overlay, members, dissemination, repair, order, since, history, catchUpTimeoutMs, originsMax, gapTimeoutMs, orderBufferMax, digestRangesMax, bufferMessagesMax, bufferBytesMax';
    expect(refusalOf(() => configOf(loose({ foo: 1 })))).toBe(`join: expected options ${known}, got "foo".`);
    expect(refusalOf(() => configOf(loose({ historyBytesMax: undefined })))).toBe(`join: expected options ${known}, got "historyBytesMax".`);
  });

  test.each([[null, 'null'], [5, '5'], ['x', '"x"'], [[1], 'an array of 1']])('are an object, not %j', (options, got) => {
    expect(refusalOf(() => configOf(options as never))).toBe(`join: expected an object of options, got ${got}.`);
    expect(refusalOf(() => configOf({ history: options as never }))).toBe(`join: history: expected an object of options, got ${got}.`);
    expect(refusalOf(() => peerConfig(options as never))).toBe(`createPeer: expected an object of options, got ${got}.`);
  });

  test.each([[{ messagesMax: -1 }, 'messagesMax: expected a whole number from 0 to 10000000, got -1.'], [{ bytesMax: '5' }, 'bytesMax: expected a whole number from 0 to 1099511627776, got "5".']])('history %j is refused by its name', (history, text) => {
    expect(refusalOf(() => configOf({ history: history as never }))).toBe(`join: history.${text}`);
  });

  test('the buffer of what was not read has a bound', () => {
    expect(bufferLimits({})).toEqual({ bufferMessagesMax: 1024, bufferBytesMax: 67_108_864 });
    expect(bufferLimits({ bufferMessagesMax: 1, bufferBytesMax: 2 })).toEqual({ bufferMessagesMax: 1, bufferBytesMax: 2 });
    for (const value of [0, -1, 1.5, Infinity, '3']) {
      const got = typeof value === 'string' ? `"${value}"` : value;
      expect(refusalOf(() => bufferLimits(loose({ bufferMessagesMax: value })))).toBe(`join: bufferMessagesMax: expected a whole number from 1, got ${got}.`);
      expect(refusalOf(() => bufferLimits(loose({ bufferBytesMax: value })))).toBe(`join: bufferBytesMax: expected a whole number from 1, got ${got}.`);
    }
  });
});
