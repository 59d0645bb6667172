import type { Random } from '../../lib/core/random.ts';
import type { DatagramSource } from '../../lib/transport/udp/socket.ts';
import type { PacketFaults } from '../world/packet-faults.ts';
import type { Paths, QueuedHop } from '../world/paths.ts';
import { TraceHash } from '../world/trace-hash.ts';
import { BoundSockets } from './bound-sockets.ts';
import type { Machine } from './machine.ts';
import type { Datagrams, SimulatedSocket } from './simulated-socket.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Bytes of the headers of IPv4 and UDP. */
const HEADER_BYTES = 28;

/** Bytes that may wait for a link of limited bandwidth, as in the world of objects. */
const QUEUE_BYTES_MAX = 256 * 1024;

/** What an underlay network is made of. */
export interface UnderlayNetworkParts {
  readonly clock: VirtualClock;
  readonly paths: Paths;
  readonly faults: PacketFaults;
  readonly machines: readonly Machine[];
  readonly random: Random;
  readonly seed: number;
}

/**
 * Carries datagrams over the paths of an underlay, with what faults do to them. The
 * address of a host is made of its number. Every datagram that is sent goes into the
 * trace hash: when, from where, where to, how long, and all its bytes.
 */
export class UnderlayNetwork implements Datagrams {
  private readonly parts: UnderlayNetworkParts;
  private readonly hash: TraceHash;
  private readonly sockets = new BoundSockets();
  private readonly busyUntilMs = new Map<number, number>();
  private paths: Paths;
  /** Datagrams sent, lost on the way whyever, and without a socket where they came to. */
  readonly counters = { sent: 0, lost: 0, unbound: 0 };

  constructor(parts: UnderlayNetworkParts) {
    this.parts = parts;
    this.paths = parts.paths;
    this.hash = new TraceHash(parts.seed);
  }

  get traceHash(): string {
    return this.hash.hex;
  }

  /** From now on datagrams take these paths; `undefined`: those that the network was made with. */
  reroute(paths: Paths = this.parts.paths): void {
    this.paths = paths;
  }

  reaches(from: number, to: number): boolean {
    return this.parts.faults.reaches(from, to) && this.paths.delayUs(from, to) < Infinity;
  }

  bind(socket: SimulatedSocket, port: number): number | 'EADDRINUSE' {
    return this.sockets.bind(socket, port);
  }

  unbind(address: DatagramSource): void {
    this.sockets.unbind(address);
  }

  /** How many sockets are bound on the host. */
  socketsOf(host: number): number {
    return this.sockets.countOn(addressOf(host));
  }

  /** The machine has lost its process, and with it its sockets. */
  unbindAll(host: number): void {
    this.sockets.unbindAll(addressOf(host));
  }

  send(from: DatagramSource, to: DatagramSource, bytes: Uint8Array): void {
    const { clock, faults, random } = this.parts;
    const [a, b] = [hostOf(from.address), hostOf(to.address)];
    const nowUs = Math.round(clock.nowMs() * 1000);
    this.counters.sent++;
    this.hash.add(nowUs, (a << 16) ^ b, bytes.length);
    this.hash.add(fnv(bytes), from.port, to.port);
    const delayUs = b < this.paths.hosts ? this.paths.delayUs(a, b) : Infinity;
    const fate = faults.of(nowUs, a, b, bytes.length + HEADER_BYTES);
    if (fate.lost !== undefined || delayUs === Infinity || random.chance(this.paths.loss(a, b))) {
      this.counters.lost++;
      return;
    }
    const { extraUs, duplicateAfterUs } = fate;
    const datagram = { from, to, bytes: bytes.slice(), delayUs: delayUs + this.paths.jitterUs(a, b, random) };
    this.pass(datagram, this.paths.queues(a, b), 0, extraUs);
    if (duplicateAfterUs > 0) this.pass(datagram, this.paths.queues(a, b), 0, extraUs + duplicateAfterUs);
  }

  /** To the next link with limited bandwidth, or to its end. `passedUs`: how far it has come; `waitUs`: until it sets out from there. */
  private pass(datagram: Datagram, hops: readonly QueuedHop[], passedUs: number, waitUs: number): void {
    const [hop, ...others] = hops;
    const { clock } = this.parts;
    if (hop === undefined) {
      clock.setTimer((waitUs + datagram.delayUs - passedUs) / 1000, () => this.arrive(datagram));
      return;
    }
    clock.setTimer((waitUs + hop.entryUs - passedUs) / 1000, () => {
      const nowMs = clock.nowMs();
      const startMs = Math.max(nowMs, this.busyUntilMs.get(hop.queue) ?? 0);
      const waitingBytes = ((startMs - nowMs) * 1000 * hop.bandwidthMbps) / 8;
      const bytes = datagram.bytes.length + HEADER_BYTES;
      if (waitingBytes > 0 && waitingBytes + bytes > QUEUE_BYTES_MAX) {
        this.counters.lost++;
        return;
      }
      const offMs = startMs + (bytes * 8) / hop.bandwidthMbps / 1000;
      this.busyUntilMs.set(hop.queue, offMs);
      this.pass(datagram, others, hop.entryUs, Math.round((offMs - nowMs) * 1000));
    });
  }

  private arrive({ from, to, bytes }: Datagram): void {
    const socket = this.sockets.find(to);
    if (socket === undefined) {
      this.counters.unbound++;
      return;
    }
    // The receiver may do with the bytes what it likes, and a second copy is to come as the first.
    this.parts.machines[hostOf(to.address)]?.take({ kind: 'datagram', run: () => socket.receive(bytes.slice(), from) });
  }
}

interface Datagram {
  readonly from: DatagramSource;
  readonly to: DatagramSource;
  readonly bytes: Uint8Array;
  readonly delayUs: number;
}

/** The IP address of a host: its number in the lower 24 bits of 10.0.0.0/8, from 1. */
export function addressOf(host: number): string {
  const number = host + 1;
  return `10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** The host of an address that `addressOf` made. */
export function hostOf(address: string): number {
  let [number, part] = [0, 0];
  for (let i = address.indexOf('.') + 1; i < address.length; i++) {
    const code = address.charCodeAt(i);
    if (code !== DOT) part = part * 10 + code - DIGIT_0;
    else [number, part] = [number * 256 + part, 0];
  }
  return number * 256 + part - 1;
}

const DOT = 0x2e;
const DIGIT_0 = 0x30;

/** FNV-1a, 32 bits. */
export function fnv(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}
