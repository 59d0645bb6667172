import type { GroupOptions } from '../../lib/core/config.ts';
import { Random } from '../../lib/core/random.ts';
import { CONTRACTS, type Contract } from './bounds.ts';
import { drawLimits, lengthened } from './limits.ts';
import type { Fault, FaultKind, PeerPlan, PublishPlan, Scenario, UnderlaySpec } from './scenario.ts';
import { SCENARIO_FORMAT } from './scenario.ts';
import { variedGroup } from './vary.ts';

/** What a swarm may draw from. */
export interface DrawOptions {
  readonly contracts?: readonly Contract[];
  /** Peers at most. Default 32. */
  readonly peersMax?: number;
  /** Time in which peers join, publish and suffer, in ms. Default 12 000. */
  readonly activeMs?: number;
  /** Kinds of faults; all by default. */
  readonly kinds?: readonly FaultKind[];
  /** For live peers: limits are drawn, too, and messages that fill many datagrams. Nothing else is drawn otherwise. */
  readonly isLive?: boolean;
}

/** Joins go on for this share of the active time, but for those of late newcomers; all else begins after half of that. */
const JOINING = 0.25;

/** Payload bytes: mostly small, now and then one that no datagram holds. */
const PAYLOADS = [0, 8, 100, 100, 1000, 5000] as const;

/**
 * A scenario drawn from a seed. Every choice is drawn, and with it which kinds of fault
 * there are at all: in each scenario about half of them are switched off, so that each
 * also shows without the others (swarm testing, Groce et al., ISSTA 2012).
 */
export function drawScenario(seed: number, options: DrawOptions = {}): Scenario {
  const { contracts = CONTRACTS, peersMax = 32, activeMs = 12_000, kinds = FAULT_KINDS, isLive = false } = options;
  const random = new Random(seed).fork('scenario');
  const contract = random.pick(contracts) ?? CONTRACTS[0];
  if (contract === undefined) throw new RangeError('there are contracts');
  const count = 2 + random.below(peersMax - 1);
  const underlay = drawUnderlay(random, count);
  const peers = drawPeers(random, count, activeMs);
  const group = drawGroup(random, contract);
  const publishes = drawPublishes(random, peers, activeMs);
  const long = isLive ? lengthened(seed, publishes) : { publishes, limits: {} };
  const limits = isLive ? { ...drawLimits(seed, group), ...long.limits } : {};
  return {
    format: SCENARIO_FORMAT,
    name: contract.name,
    seed,
    underlay,
    group,
    ...(Object.keys(limits).length > 0 && { limits }),
    peers,
    publishes: long.publishes,
    faults: drawFaults(random, kinds, peers, underlay, activeMs),
    settleMs: contract.settleMs,
  };
}

/** A network with at least so many hosts. */
export function drawUnderlay(random: Random, hosts: number): UnderlaySpec {
  const seed = random.below(1000);
  switch (random.below(4)) {
    case 0: return { kind: 'equal', hosts, delayMs: 1 + random.below(100) };
    case 1: return { kind: 'generated', name: 'ring', parameters: { routers: Math.max(3, hosts) }, seed };
    case 2: return { kind: 'generated', name: 'star', parameters: { routers: Math.max(3, hosts) }, seed };
    default: return { kind: 'generated', name: 'waxman', parameters: { routers: Math.max(4, hosts) }, seed };
  }
}

function drawGroup(random: Random, { group }: Contract): GroupOptions {
  const order = random.pick(['none', 'none', 'fifo', 'causal'] as const) ?? 'none';
  const since = random.pick(['any', 'now', 'history'] as const) ?? 'any';
  return { ...variedGroup(random, group), order, since };
}

/** One after the other through the first; all at once; each through any earlier one; or a part of them while others have long been publishing. */
function drawPeers(random: Random, count: number, activeMs: number): PeerPlan[] {
  const manner = random.below(4);
  const withinMs = activeMs * JOINING;
  return Array.from({ length: count }, (_, host): PeerPlan => {
    if (manner === 3 && host > 0 && random.chance(0.5)) return { host, joinMs: Math.round(random.float() * activeMs) };
    const joinMs = host === 0 || manner === 1 ? 0 : Math.round((withinMs * host) / count);
    return manner === 2 && host > 0 ? { host, joinMs, contact: random.below(host) } : { host, joinMs };
  });
}

function drawPublishes(random: Random, peers: readonly PeerPlan[], activeMs: number): PublishPlan[] {
  const count = random.below(40);
  const publishers = random.sample(peers, 1 + random.below(Math.min(4, peers.length))).map(({ host }) => host);
  const startMs = (activeMs * JOINING) / 2;
  return Array.from({ length: count }, (): PublishPlan => ({
    atMs: Math.round(startMs + random.float() * (activeMs - startMs)),
    peer: random.pick(publishers) ?? 0,
    bytes: random.pick(PAYLOADS) ?? 8,
  })).sort((x, y) => x.atMs - y.atMs);
}

/** Every kind of fault. */
export const FAULT_KINDS: readonly FaultKind[] = [
  'loss', 'duplication', 'reordering', 'corruption', 'jitter', 'bandwidth', 'clog', 'partition', 'linkFailure', 'routerFailure',
  'crash', 'massFailure', 'pause', 'leave', 'slow', 'clockSkew',
];

function drawFaults(random: Random, kinds: readonly FaultKind[], peers: readonly PeerPlan[], underlay: UnderlaySpec, activeMs: number): Fault[] {
  const on = kinds.filter(() => random.chance(0.5));
  const faults: Fault[] = [];
  for (let left = random.below(9); left > 0 && on.length > 0; left--) {
    const fault = drawFault(random, random.pick(on) ?? 'loss', peers.map(({ host }) => host), underlay, activeMs);
    if (fault !== undefined) faults.push(fault);
  }
  return faults.sort((x, y) => x.atMs - y.atMs);
}

/** A fault of that kind somewhere in the active time, healed by its end; `undefined` where the underlay has no place for it. */
export function drawFault(random: Random, kind: FaultKind, hosts: readonly number[], underlay: UnderlaySpec, activeMs: number): Fault | undefined {
  const startMs = (activeMs * JOINING) / 2;
  const atMs = Math.round(startMs + random.float() * (activeMs - startMs) * 0.8);
  const forMs = 1 + Math.round(random.float() * (activeMs - atMs));
  const peer = random.pick(hosts) ?? 0;
  const between = random.chance(0.5) ? {} : { between: { from: some(random, hosts), ...(random.chance(0.5) && { to: some(random, hosts) }) } };
  const returnMs = random.chance(0.7) ? 1 + Math.round(random.float() * 5000) : undefined;
  const restart = returnMs === undefined ? {} : { restartAfterMs: returnMs, ...(random.chance(0.3) && { disk: 'lost' as const }) };
  switch (kind) {
    case 'loss': return { kind, p: share(random, 0.5), atMs, forMs, ...between };
    case 'duplication': return { kind, p: share(random, 0.3), atMs, forMs, ...between };
    case 'reordering': return { kind, p: share(random, 0.5), byMs: 1 + random.below(500), atMs, forMs, ...between };
    case 'corruption': return { kind, p: share(random, 0.3), atMs, forMs, ...between };
    case 'jitter': return { kind, byMs: 1 + random.below(300), atMs, forMs, ...between };
    case 'bandwidth': return { kind, kbps: 32 + random.below(1000), queueMs: 50 + random.below(500), atMs, forMs, ...between };
    case 'clog': return { kind, atMs, forMs: Math.min(forMs, 5000), between: { from: some(random, hosts), to: some(random, hosts) } };
    case 'partition': return { kind, sides: sidesOf(random, hosts), ...(random.chance(0.3) && { oneWay: true }), atMs, forMs };
    case 'linkFailure': return linkFailure(random, underlay, atMs, forMs);
    case 'routerFailure': return underlay.kind === 'generated' ? { kind, router: String(peer), atMs, forMs } : undefined;
    case 'crash': return { kind, peer, atMs, ...restart };
    case 'massFailure': return { kind, share: 0.2 + Math.round(random.float() * 50) / 100, atMs, ...restart };
    case 'pause': return { kind, peer, atMs, forMs };
    case 'leave': return { kind, peer, atMs, ...(returnMs !== undefined && { rejoinAfterMs: returnMs, ...(random.chance(0.5) && { stays: true }) }) };
    case 'slow': return { kind, peer, inputMs: 1 + random.below(20), atMs, forMs };
    case 'clockSkew': return { kind, peer, rate: 0.5 + Math.round(random.float() * 150) / 100, atMs, forMs };
  }
}

/** Between neighbours on a ring, or the centre of a star and one of its ends. */
function linkFailure(random: Random, underlay: UnderlaySpec, atMs: number, forMs: number): Fault | undefined {
  if (underlay.kind !== 'generated' || (underlay.name !== 'ring' && underlay.name !== 'star')) return undefined;
  const routers = underlay.parameters['routers'] ?? 3;
  const end = 1 + random.below(routers - 1);
  const link: readonly [string, string] = underlay.name === 'ring' ? [String(end - 1), String(end)] : ['0', String(end)];
  return { kind: 'linkFailure', link, atMs, forMs };
}

function share(random: Random, most: number): number {
  return Math.round(random.float() * most * 100) / 100;
}

/** Some of the hosts, at least one. */
function some(random: Random, hosts: readonly number[]): number[] {
  return random.sample(hosts, 1 + random.below(hosts.length)).sort((x, y) => x - y);
}

function sidesOf(random: Random, hosts: readonly number[]): number[][] {
  const first = new Set(some(random, hosts.slice(1)));
  const sides = [hosts.filter((host) => first.has(host)), hosts.filter((host) => !first.has(host))];
  return random.chance(0.5) ? sides : sides.reverse();
}
