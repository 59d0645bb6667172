import { randomBytes, randomInt } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TransportKind } from '../transport/address.ts';
import { type Clock, SYSTEM_CLOCK } from '../transport/clock.ts';
import { TcpTransport } from '../transport/tcp/tcp-transport.ts';
import type { Transport, TransportHandlers, TransportLimits } from '../transport/transport.ts';
import { UdpTransport } from '../transport/udp/udp-transport.ts';

/** What a transport is made of. */
export interface TransportParts {
  readonly handlers: TransportHandlers;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly hello: () => Uint8Array;
}

/** The machine that a live peer runs on; tests and the comparison with the simulator put others in its place. */
export interface Environment {
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Seeds the protocols' randomness. */
  readonly randomSeed: () => number;
  /** A number that grows with every start of a peer. */
  readonly epoch: () => number;
  /** The IP addresses of a name, the best one first. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The address told to others by a peer that listens on all. */
  readonly outwardAddress: (family: 4 | 6) => string;
  readonly makeTransport: (kind: TransportKind, parts: TransportParts) => Transport;
}

export const MACHINE: Environment = Object.freeze({
  clock: SYSTEM_CLOCK,
  randomBytes: (count: number) => new Uint8Array(randomBytes(count)),
  randomSeed: () => randomInt(2 ** 32),
  epoch: nextEpoch,
  resolve: async (host: string) => (isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host]),
  outwardAddress,
  makeTransport: (kind: TransportKind, parts: TransportParts) =>
    kind === 'udp' ? new UdpTransport(parts) : new TcpTransport(parts),
});

/** The end of 2019: epochs count tenths of a second since then, and have room until 2033. */
const EPOCH_START_MS = Date.UTC(2020, 0, 1);

let lastEpoch = 0;

/** Grows with every call, too: two starts within a tenth of a second must differ. */
function nextEpoch(): number {
  lastEpoch = Math.max(lastEpoch + 1, Math.floor((Date.now() - EPOCH_START_MS) / 100));
  return lastEpoch;
}

/** The first address that other machines can reach; this machine's own where it has none. */
function outwardAddress(family: 4 | 6): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.find((one) => !one.internal && one.family === `IPv${family}` && !one.address.startsWith('fe80:'));
  return usable?.address ?? (family === 4 ? '127.0.0.1' : '::1');
}
