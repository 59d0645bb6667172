import { Random } from '../../lib/core/random.ts';
import { type GroupOptions, groupConfig } from '../../lib/core/config.ts';
import type { PublishPlan } from './scenario.ts';
import { type Optional, object, optional, whole } from './schema.ts';

/** Smallest and largest value of what live peers may be given; those of `createPeer` and `join` where these take it. */
export const LIMIT_RANGES = {
  queueBytesMax: [1, 2 ** 40],
  linksMax: [1, 1_000_000],
  pendingMax: [1, 1_000_000],
  handshakeTimeoutMs: [1, 3_600_000],
  keepAliveMs: [1, 3_600_000],
  idleTimeoutMs: [1, 86_400_000],
  closeTimeoutMs: [0, 3_600_000],
  idleLinkMs: [1, 86_400_000],
  publishTimeoutMs: [0, 3_600_000],
  healIntervalMs: [1, 86_400_000],
  bufferMessagesMax: [1, 2 ** 40],
  bufferBytesMax: [1, 2 ** 40],
  readEveryMs: [1, 3_600_000],
  reassemblyBytesMax: [1, 2 ** 40],
} as const satisfies Readonly<Record<string, readonly [min: number, max: number]>>;

type LimitName = keyof typeof LIMIT_RANGES;

/**
 * Limits of live peers that are not as they are by default: options of `createPeer` and
 * of `join`; beside them `readEveryMs`, after which an application that reads by `for
 * await` takes the next message, and `reassemblyBytesMax`, bytes of frames that have
 * come in part on one UDP link, of all peers alike. Where messages cross as objects they mean nothing.
 */
export type Limits = { readonly [Name in LimitName]?: number };

function range(name: LimitName): Optional<number> {
  const [min, max] = LIMIT_RANGES[name];
  return optional(whole(min, max));
}

const OF_ONE = {
  queueBytesMax: range('queueBytesMax'),
  linksMax: range('linksMax'),
  pendingMax: range('pendingMax'),
  handshakeTimeoutMs: range('handshakeTimeoutMs'),
  keepAliveMs: range('keepAliveMs'),
  idleTimeoutMs: range('idleTimeoutMs'),
  closeTimeoutMs: range('closeTimeoutMs'),
  idleLinkMs: range('idleLinkMs'),
  publishTimeoutMs: range('publishTimeoutMs'),
  healIntervalMs: range('healIntervalMs'),
  bufferMessagesMax: range('bufferMessagesMax'),
  bufferBytesMax: range('bufferBytesMax'),
  readEveryMs: range('readEveryMs'),
};

/** Of one peer, before those of all. Both ends of a link must have the same room for frames in parts. */
export const PEER_LIMITS = object(OF_ONE);

/** Of all peers. */
export const LIMITS = object({ ...OF_ONE, reassemblyBytesMax: range('reassemblyBytesMax') });

/** The chance that a limit is drawn, and that a scenario has payloads of many datagrams. */
const DRAWN = 0.25;
const LONG = 0.3;

/** Payloads that fill some ten datagrams, or fifty. */
const LONG_BYTES = [20_000, 40_000, 60_000] as const;
/** Room for so many of them, as frames: the next one waits until the one before has arrived. */
const SHORT_ROOM = 1.1;
/** The share of messages that are long where some are. */
const LONG_SHARE = 0.3;

/** With all of these the promises of the contracts hold: queues have room for what is published when all is good, links for every neighbour, and nothing is waited for longer than before. */
const CHOICES: { readonly [Name in LimitName]?: readonly number[] } = {
  queueBytesMax: [16_384, 65_536, 262_144],
  pendingMax: [2, 16],
  keepAliveMs: [1000],
  closeTimeoutMs: [200, 3000],
  idleLinkMs: [500, 2000],
  publishTimeoutMs: [0, 100, 5000],
  healIntervalMs: [5000],
};

/** An application that reads, and how much is kept for it. */
const READERS: { readonly [Name in LimitName]?: readonly number[] } = { bufferMessagesMax: [1, 3, 1024], bufferBytesMax: [100, 5000, 200_000] };
const READ_EVERY_MS = [20, 300, 2000] as const;

/** Links for each neighbour that a view may have: there are some to strangers, and two to one peer for a while. */
const LINKS_A_NEIGHBOUR = [2, 3] as const;

/** What one seed draws for live peers, by a generator of its own: all else of the scenario stays as it is. */
export function drawLimits(seed: number, group: GroupOptions): Limits {
  const random = new Random(seed).fork('limits');
  const reader = random.chance(DRAWN) ? { ...drawn(random, READERS, 0.5), readEveryMs: random.pick(READ_EVERY_MS) ?? 20 } : {};
  const times = random.pick(LINKS_A_NEIGHBOUR) ?? 3;
  const { overlay } = groupConfig(group);
  // Other overlays link to any number of peers.
  const linksMax = random.chance(DRAWN) && 'activeViewSize' in overlay ? times * overlay.activeViewSize : undefined;
  return { ...drawn(random, CHOICES, DRAWN), ...reader, ...(linksMax !== undefined && { linksMax }) };
}

/** Some of the messages long, in some of the scenarios, and there perhaps little room for those that come in part. */
export function lengthened(seed: number, publishes: readonly PublishPlan[]): { readonly publishes: readonly PublishPlan[]; readonly limits: Limits } {
  const random = new Random(seed).fork('long payloads');
  if (!random.chance(LONG)) return { publishes, limits: {} };
  const bytes = random.pick(LONG_BYTES) ?? 0;
  const limits = random.chance(0.5) ? { reassemblyBytesMax: Math.round(bytes * SHORT_ROOM) } : {};
  return { publishes: publishes.map((plan) => (random.chance(LONG_SHARE) ? { ...plan, bytes } : plan)), limits };
}

function drawn(random: Random, choices: { readonly [Name in LimitName]?: readonly number[] }, chance: number): Limits {
  const limits: Partial<Record<LimitName, number>> = {};
  for (const [name, values] of Object.entries(choices) as [LimitName, readonly number[]][]) {
    // Drawn in any case, so that one limit does not change what is drawn for the next.
    const value = random.pick(values);
    if (random.chance(chance) && value !== undefined) limits[name] = value;
  }
  return limits;
}
