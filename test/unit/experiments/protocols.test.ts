import { describe, expect, test } from 'vitest';
import { groupConfig } from '../../../lib/core/config.ts';
import { OverlayError } from '../../../lib/core/errors.ts';
import { PROTOCOLS, protocolEntry, protocolSetup } from '../../../sim/experiments/protocols.ts';

describe('the name of a protocol', () => {
  test('alone has the defaults of the library', () => {
    const kinds = PROTOCOLS.map(({ name }) => {
      const setup = protocolSetup(name);
      return setup.kind === 'peers' ? [name, setup.start, setup.config.overlay.kind, setup.config.dissemination.kind] : [name];
    });
    expect(kinds).toEqual([
      ['unicast', 'members', 'full', 'unicast'],
      ['ip-multicast'],
      ['mst', 'mst', 'static', 'tree'],
      ['flood', 'contact', 'hyparview', 'flooding'],
      ['gossip-mesh', 'contact', 'hyparview', 'gossip-mesh'],
      ['narada', 'contact', 'narada', 'tree'],
      ['x-bot', 'contact', 'x-bot', 'flooding'],
      ['plumtree', 'contact', 'hyparview', 'plumtree'],
      ['switch-tree', 'contact', 'switch-tree', 'tree'],
      ['nice', 'contact', 'nice', 'tree'],
      ['rumor', 'members', 'full', 'rumor'],
      ['anti-entropy', 'members', 'full', 'anti-entropy'],
    ]);
    expect(protocolSetup('plumtree')).toEqual({ kind: 'peers', name: 'plumtree', start: 'contact', config: groupConfig({ overlay: 'hyparview', dissemination: 'plumtree' }) });
  });

  test('takes variants of its dissemination and its overlay, in any order', () => {
    const options = (spec: string): unknown => {
      const setup = protocolSetup(spec);
      return setup.kind === 'peers' ? { ...setup.config.overlay, ...setup.config.dissemination } : undefined;
    };
    expect(options('rumor:k=3:coin:push-pull:blind:cycleMs=500')).toMatchObject({ mode: 'push-pull', interest: 'blind', stop: 'coin', k: 3, cycleMs: 500 });
    expect(options('plumtree:activeViewSize=7:per-source:optimizationThreshold=3')).toMatchObject({ activeViewSize: 7, tree: 'per-source', optimizationThreshold: 3 });
    expect(options('flood:passiveViewSize=9:shuffleIntervalMs=50')).toMatchObject({ passiveViewSize: 9, shuffleIntervalMs: 50 });
    expect(options('gossip-mesh')).toMatchObject({ activeViewSize: 16, passiveViewSize: 30, d: 6, dLow: 4, dHigh: 12, dLazy: 6 });
    expect(options('gossip-mesh:activeViewSize=9:dHigh=8')).toMatchObject({ activeViewSize: 9, dHigh: 8 });
    expect(options('anti-entropy:ranges:push')).toMatchObject({ mode: 'push', reconcile: 'ranges' });
    expect(options('anti-entropy:pull:cycleMs=77')).toMatchObject({ mode: 'pull', cycleMs: 77 });
    expect(options('rumor:k=3:cyclon:viewSize=9')).toMatchObject({ k: 3, viewSize: 9, shuffleLength: 8 });
    expect(protocolSetup('anti-entropy:cyclon')).toEqual({ kind: 'peers', name: 'anti-entropy:cyclon', start: 'contact', config: groupConfig({ overlay: 'cyclon', dissemination: 'anti-entropy' }) });
    expect(options('switch-tree:delay:any:childrenMax=9')).toMatchObject({ kind: 'tree', goal: 'delay', scope: 'any', childrenMax: 9 });
    expect(options('x-bot:passiveScanLength=3')).toMatchObject({ activeViewSize: 5, passiveScanLength: 3 });
    expect(options('anti-entropy:recent:spatial:spatialExponent=1.4:connectionLimit=1:huntLimit=3')).toMatchObject({
      exchange: 'recent', partner: 'spatial', spatialExponent: 1.4, connectionLimit: 1, huntLimit: 3,
    });
    expect(options('rumor:push-pull:minimization')).toMatchObject({ mode: 'push-pull', minimization: 'counters' });
    expect(protocolSetup('rumor:k=3').name).toBe('rumor:k=3');
    expect(protocolEntry('rumor:k=3')?.name).toBe('rumor');
  });

  test('takes another overlay where it works on one', () => {
    const kinds = ['plumtree:x-bot', 'plumtree:per-source:x-bot:unbiasedNeighbours=2'].map((spec) => {
      const setup = protocolSetup(spec);
      return setup.kind === 'peers' ? [setup.config.overlay.kind, setup.config.dissemination.kind] : [];
    });
    expect(kinds).toEqual([['x-bot', 'plumtree'], ['x-bot', 'plumtree']]);
  });

  test.each([
    ['plumtree:x-bot:x-bot', '--protocol plumtree: expected variants shared|per-source, optimizationThreshold=N, x-bot, got "x-bot".'],
    ['flood:x-bot', '--protocol flood: expected variants activeViewSize=N, got "x-bot".'],
    ['unicast:push', '--protocol unicast: expected no variant, got "push".'],
    ['mst:k=3', '--protocol mst: expected no variant, got "k=3".'],
    ['ip-multicast:shared', '--protocol ip-multicast: expected no variant, got "shared".'],
    ['flood:push', '--protocol flood: expected variants activeViewSize=N, got "push".'],
    ['flood:kind=3', '--protocol flood: expected variants activeViewSize=N, got "kind=3".'],
    ['flood:__proto__=3', '--protocol flood: expected variants activeViewSize=N, got "__proto__=3".'],
    ['flood:toString=3', '--protocol flood: expected variants activeViewSize=N, got "toString=3".'],
    ['flood:constructor=3', '--protocol flood: expected variants activeViewSize=N, got "constructor=3".'],
    ['flood:cyclon', '--protocol flood: expected variants activeViewSize=N, got "cyclon".'],
    ['rumor:cyclon:cyclon', '--protocol rumor: expected variants push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon, got "cyclon".'],
    ['rumor:constructor', '--protocol rumor: expected variants push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon, got "constructor".'],
    ['rumor:push:pull', '--protocol rumor: expected variants push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon, got "pull".'],
    ['rumor:k=2:k=3', '--protocol rumor: expected variants push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon, got "k=3".'],
    ['rumor:k=-1', '--protocol rumor: expected variants push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon, got "k=-1".'],
    ['rumor:', '--protocol rumor: expected variants push|pull|push-pull, feedback|blind, counter|coin, k=N, minimization, uniform|spatial, spatialExponent=A, connectionLimit=N, huntLimit=N, cyclon, got "".'],
    ['rumor:k=0', '--protocol rumor:k=0: dissemination.rumor.k: expected a whole number from 1 to 1000, got 0.'],
    ['plumtre', '--protocol: expected some of unicast, ip-multicast, mst, flood, gossip-mesh, narada, x-bot, plumtree, switch-tree, nice, rumor, anti-entropy, got "plumtre". Did you mean plumtree?'],
    ['star', '--protocol: expected some of unicast, ip-multicast, mst, flood, gossip-mesh, narada, x-bot, plumtree, switch-tree, nice, rumor, anti-entropy, got "star". Did you mean unicast?'],
    ['', '--protocol: expected some of unicast, ip-multicast, mst, flood, gossip-mesh, narada, x-bot, plumtree, switch-tree, nice, rumor, anti-entropy, got "".'],
  ])('%s is refused in one sentence', (spec, sentence) => {
    expect(() => protocolSetup(spec)).toThrow(OverlayError);
    expect(() => protocolSetup(spec)).toThrow(new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`));
  });
});
