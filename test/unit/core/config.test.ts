import { describe, expect, test } from 'vitest';
import { DEFAULTS, type GroupOptions, groupConfig } from '../../../lib/core/config.ts';
import { OverlayError } from '../../../lib/core/errors.ts';

/** What a caller without types may pass. */
function unchecked(options: unknown): GroupOptions {
  return options as GroupOptions;
}

function problem(options: unknown): { code: string; message: string } | undefined {
  try {
    groupConfig(unchecked(options));
    return undefined;
  } catch (error) {
    if (!(error instanceof OverlayError)) throw error;
    return { code: error.code, message: error.message };
  }
}

function invalid(message: string): { code: string; message: string } {
  return { code: 'INVALID_OPTION', message };
}

describe('the configuration of a group', () => {
  test('is Plumtree over HyParView when nothing is given', () => {
    expect(groupConfig()).toEqual({
      overlay: {
        kind: 'hyparview',
        activeViewSize: 5,
        passiveViewSize: 30,
        activeRandomWalkLength: 6,
        passiveRandomWalkLength: 3,
        shuffleActive: 3,
        shufflePassive: 4,
        shuffleIntervalMs: 1000,
        neighbourTimeoutMs: 2000,
      },
      dissemination: {
        kind: 'plumtree',
        tree: 'shared',
        optimizationThreshold: 7,
        iHaveDelayMs: 50,
        iHaveBytesPerMs: 10_000,
        iHaveBatchMax: 64,
        graftTimeoutMs: 1000,
        graftRetryMs: 500,
        missingMax: 1024,
        treesMax: 1024,
      },
      repair: undefined,
      order: 'none',
      since: 'any',
      catchUpTimeoutMs: 1000,
      historyMessagesMax: 256,
      historyBytesMax: 4194304,
      originsMax: 4096,
      gapTimeoutMs: 5000,
      orderBufferMax: 1024,
      digestRangesMax: 32,
      messageBytesMax: 1048576,
    });
  });

  test('takes each part by its kind alone', () => {
    const uniform = { partner: 'uniform', spatialExponent: 2, connectionLimit: 0, huntLimit: 0 };
    const { overlay, dissemination, repair } = groupConfig({ overlay: 'full', dissemination: 'rumor', repair: 'anti-entropy' });
    expect({ overlay, dissemination, repair }).toEqual({
      overlay: { kind: 'full' },
      dissemination: { kind: 'rumor', mode: 'push', interest: 'feedback', stop: 'counter', k: 2, minimization: 'none', ...uniform, cycleMs: 1000, hotMax: 1024 },
      repair: { kind: 'anti-entropy', mode: 'push-pull', exchange: 'full', recentMs: 10_000, ...uniform, cycleMs: 1000, batchMax: 256, reconcile: 'digest' },
    });
  });

  test('keeps what is given and fills in the rest, undefined included', () => {
    const { overlay, order, gapTimeoutMs } = groupConfig(
      unchecked({ overlay: { kind: 'hyparview', activeViewSize: 9, passiveViewSize: undefined }, order: 'fifo', gapTimeoutMs: undefined }),
    );
    expect([overlay, order, gapTimeoutMs]).toEqual([{ ...DEFAULTS.overlay.hyparview, activeViewSize: 9 }, 'fifo', 5000]);
  });

  test('gives a gossip mesh more neighbours to choose from, unless their number is given', () => {
    const sizes = [{ dissemination: 'gossip-mesh' }, { dissemination: { kind: 'gossip-mesh' } }, { dissemination: 'gossip-mesh', overlay: { kind: 'hyparview', activeViewSize: 9 } }, { dissemination: 'flooding' }] as const;
    expect(sizes.map((options) => groupConfig(options).overlay)).toEqual([16, 16, 9, 5].map((activeViewSize) => ({ ...DEFAULTS.overlay.hyparview, activeViewSize })));
  });

  test('gives a gossip mesh over X-BOT more neighbours to choose from, too', () => {
    const sizes = (['gossip-mesh', 'flooding'] as const).map((dissemination) => groupConfig({ overlay: 'x-bot', dissemination }).overlay);
    expect(sizes).toEqual([16, 5].map((activeViewSize) => ({ ...DEFAULTS.overlay['x-bot'], activeViewSize })));
  });

  test('is frozen, its parts included', () => {
    const config = groupConfig({ repair: 'anti-entropy' });
    expect([config, config.overlay, config.dissemination, config.repair].map((part) => Object.isFrozen(part))).toEqual([true, true, true, true]);
  });

  test('takes the smallest and the largest allowed value', () => {
    expect([problem({ gapTimeoutMs: 1 }), problem({ gapTimeoutMs: 3_600_000 }), problem({ overlay: { kind: 'hyparview', shuffleActive: 0 } })])
      .toEqual([undefined, undefined, undefined]);
  });
});

describe('a mistake in the options is answered by which, what was expected and what came', () => {
  test.each<[string, unknown, string]>([
    ['an unknown overlay', { overlay: 'hypaview' }, 'overlay: expected one of hyparview, cyclon, full, static, narada, switch-tree, x-bot, nice, got "hypaview" (did you mean hyparview?).'],
    ['an overlay like none', { overlay: { kind: 'x' } }, 'overlay: expected one of hyparview, cyclon, full, static, narada, switch-tree, x-bot, nice, got "x".'],
    ['an overlay that is a property of every object', { overlay: 'toString' }, 'overlay: expected one of hyparview, cyclon, full, static, narada, switch-tree, x-bot, nice, got "toString".'],
    ['no overlay', { overlay: null }, 'overlay: expected one of hyparview, cyclon, full, static, narada, switch-tree, x-bot, nice, got nothing.'],
    ['a dissemination that is a number', { dissemination: 5 }, 'dissemination: expected one of flooding, unicast, tree, plumtree, gossip-mesh, rumor, anti-entropy, got nothing.'],
    ['an unknown dissemination', { dissemination: 'plumtre' }, 'dissemination: expected one of flooding, unicast, tree, plumtree, gossip-mesh, rumor, anti-entropy, got "plumtre" (did you mean plumtree?).'],
    ['an unknown repair', { repair: 'nine' }, 'repair: expected one of none, anti-entropy, got "nine" (did you mean none?).'],
    ['an unknown way to compare', { repair: { kind: 'anti-entropy', reconcile: 'trees' } }, 'repair.anti-entropy.reconcile: expected one of digest, ranges, got "trees".'],
    ['Plumtree over views that are not mutual', { overlay: 'cyclon' }, 'dissemination: expected rumor, anti-entropy or flooding over cyclon, whose views are not mutual, got "plumtree".'],
    ['longer shuffles than views', { overlay: { kind: 'cyclon', viewSize: 7 }, dissemination: 'rumor' }, 'overlay.cyclon.shuffleLength: expected at most viewSize (7), got 8.'],
    ['a mesh that begins to grow above its size', { dissemination: { kind: 'gossip-mesh', dLow: 7 } }, 'dissemination.gossip-mesh.dLow: expected at most d (6), got 7.'],
    ['a mesh that is full below its size', { dissemination: { kind: 'gossip-mesh', dHigh: 5 } }, 'dissemination.gossip-mesh.dHigh: expected at least d (6), got 5.'],
    ['a mesh without a history to answer from', { dissemination: 'gossip-mesh', historyMessagesMax: 0 }, 'historyMessagesMax: expected at least 1, since the group answers those who missed a message, got 0.'],
    ['an unknown order', { order: 'total' }, 'group.order: expected one of none, fifo, causal, got "total".'],
    ['an unknown past', { since: 'ever' }, 'group.since: expected one of any, now, history, got "ever".'],
    ['an unknown word of a part', { dissemination: { kind: 'rumor', mode: 'shove' } }, 'dissemination.rumor.mode: expected one of push, pull, push-pull, got "shove".'],
    ['an unknown goal', { overlay: { kind: 'switch-tree', goal: 'speed' } }, 'overlay.switch-tree.goal: expected one of cost, delay, got "speed".'],
    ['a tree of one child each', { overlay: { kind: 'switch-tree', childrenMax: 1 } }, 'overlay.switch-tree.childrenMax: expected a whole number from 2 to 64, got 1.'],
    ['an unknown option', { speed: 1 }, 'group: expected options overlay, dissemination, repair, order, since, catchUpTimeoutMs, historyMessagesMax, historyBytesMax, originsMax, gapTimeoutMs, orderBufferMax, digestRangesMax, messageBytesMax, got "speed".'],
    ['an option of another part', { overlay: { kind: 'full', activeViewSize: 3 } }, 'overlay.full: expected options kind, got "activeViewSize".'],
    ['too small a number', { gapTimeoutMs: 0 }, 'group.gapTimeoutMs: expected a whole number from 1 to 3600000, got 0.'],
    ['too large a number', { overlay: { kind: 'hyparview', activeViewSize: 257 } }, 'overlay.hyparview.activeViewSize: expected a whole number from 1 to 256, got 257.'],
    ['a fraction', { dissemination: { kind: 'rumor', k: 1.5 } }, 'dissemination.rumor.k: expected a whole number from 1 to 1000, got 1.5.'],
    ['a fraction that is too large', { dissemination: { kind: 'rumor', spatialExponent: 8.5 } }, 'dissemination.rumor.spatialExponent: expected a number from 0 to 8, got 8.5.'],
    ['a negative limit', { dissemination: { kind: 'rumor', connectionLimit: -1 } }, 'dissemination.rumor.connectionLimit: expected a whole number from 0 to 65536, got -1.'],
    ['not a number', { dissemination: { kind: 'anti-entropy', cycleMs: Number.NaN } }, 'dissemination.anti-entropy.cycleMs: expected a whole number from 1 to 86400000, got NaN.'],
    ['a number in a string', { messageBytesMax: '9' }, 'group.messageBytesMax: expected a whole number from 1 to 1073741824, got "9".'],
    ['an object for a number', { repair: { kind: 'anti-entropy', batchMax: {} } }, 'repair.anti-entropy.batchMax: expected a whole number from 1 to 65536, got an object.'],
  ])('%s', (_, options, message) => {
    expect(problem(options)).toEqual(invalid(message));
  });
});

describe('options that do not go together are refused', () => {
  test.each<[string, unknown, string]>([
    [
      'a passive walk longer than the active one',
      { overlay: { kind: 'hyparview', activeRandomWalkLength: 2 } },
      'overlay.hyparview.passiveRandomWalkLength: expected at most activeRandomWalkLength (2), got 3.',
    ],
    [
      'as many unbiased neighbours as neighbours',
      { overlay: { kind: 'x-bot', activeViewSize: 3, unbiasedNeighbours: 3 } },
      'overlay.x-bot.unbiasedNeighbours: expected less than activeViewSize (3), got 3.',
    ],
    [
      'a passive walk longer than the active one, below X-BOT',
      { overlay: { kind: 'x-bot', activeRandomWalkLength: 2 } },
      'overlay.x-bot.passiveRandomWalkLength: expected at most activeRandomWalkLength (2), got 3.',
    ],
    [
      'announcements collected for as long as they are waited for',
      { dissemination: { kind: 'plumtree', iHaveDelayMs: 100, graftTimeoutMs: 100 } },
      'dissemination.plumtree.iHaveDelayMs: expected less than graftTimeoutMs (100), got 100.',
    ],
    [
      'a tree over an overlay that knows none',
      { dissemination: 'tree' },
      'dissemination: expected an overlay of kind static, narada, switch-tree, nice for tree, since those know one, got "hyparview".',
    ],
    [
      'anti-entropy that repairs itself',
      { overlay: 'full', dissemination: 'anti-entropy', repair: 'anti-entropy' },
      'repair: expected none when the dissemination is anti-entropy already, got "anti-entropy".',
    ],
    [
      'minimization without two counters to compare',
      { overlay: 'full', dissemination: { kind: 'rumor', mode: 'push-pull', stop: 'coin', minimization: 'counters' } },
      'dissemination.rumor.minimization: expected none but with push-pull, feedback and counter, since two counters are compared, got "push-pull, feedback, coin".',
    ],
    [
      'spatial partners over an overlay of few neighbours',
      { repair: { kind: 'anti-entropy', partner: 'spatial' } },
      'repair.anti-entropy.partner: expected uniform over hyparview, since distances are measured for overlays full and static only, got "spatial".',
    ],
    [
      'a hunt where nobody refuses',
      { overlay: 'full', dissemination: { kind: 'rumor', huntLimit: 5 } },
      'dissemination.rumor.huntLimit: expected 0 without a connectionLimit, since nobody is refused, got 5.',
    ],
    [
      'a weight of distances that are not looked at',
      { overlay: 'full', repair: { kind: 'anti-entropy', spatialExponent: 1.5 } },
      'repair.anti-entropy.spatialExponent: expected none with uniform partners, since it weighs distances, got 1.5.',
    ],
    [
      'recent changes beside ranges',
      { overlay: 'full', dissemination: { kind: 'anti-entropy', reconcile: 'ranges', exchange: 'recent' } },
      'dissemination.anti-entropy.exchange: expected full with ranges, which find recent changes themselves, got "recent".',
    ],
    [
      'a mesh over views smaller than itself',
      { overlay: { kind: 'hyparview', activeViewSize: 2 }, dissemination: 'gossip-mesh' },
      'overlay.hyparview.activeViewSize: expected at least d (6) of the gossip mesh over it, got 2.',
    ],
    [
      'a mesh over views of X-BOT smaller than itself',
      { overlay: { kind: 'x-bot', activeViewSize: 5 }, dissemination: 'gossip-mesh' },
      'overlay.x-bot.activeViewSize: expected at least d (6) of the gossip mesh over it, got 5.',
    ],
    ['Plumtree without history', { historyMessagesMax: 0 }, 'historyMessagesMax: expected at least 1, since the group answers those who missed a message, got 0.'],
    [
      'repair without history',
      { dissemination: 'flooding', repair: 'anti-entropy', historyMessagesMax: 0 },
      'historyMessagesMax: expected at least 1, since the group answers those who missed a message, got 0.',
    ],
    [
      'anti-entropy without history',
      { dissemination: 'anti-entropy', historyMessagesMax: 0 },
      'historyMessagesMax: expected at least 1, since the group answers those who missed a message, got 0.',
    ],
    [
      'newcomers that ask for a history of nothing',
      { dissemination: 'flooding', since: 'history', historyMessagesMax: 0 },
      'historyMessagesMax: expected at least 1, since the group answers those who missed a message, got 0.',
    ],
    [
      'a history without room for the largest message',
      { historyBytesMax: 1024 * 1024 - 1 },
      'historyBytesMax: expected at least messageBytesMax (1048576), since a larger message could not be sent again, got 1048575.',
    ],
    [
      'causal order among more publishers than a message can name',
      { order: 'causal', originsMax: 4097 },
      'originsMax: expected at most 4096 in causal order, since a message may name each, got 4097.',
    ],
  ])('%s', (_, options, message) => {
    expect(problem(options)).toEqual(invalid(message));
  });

  test('flooding, tree multicast and rumors do without history', () => {
    expect([
      problem({ dissemination: 'flooding', historyMessagesMax: 0 }),
      problem({ overlay: 'static', dissemination: 'tree', historyMessagesMax: 0 }),
      problem({ dissemination: 'rumor', historyMessagesMax: 0, historyBytesMax: 0 }),
    ]).toEqual([undefined, undefined, undefined]);
  });
});
