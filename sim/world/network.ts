import type { PeerRef } from '../../lib/core/ids.ts';
import type { Message } from '../../lib/core/messages.ts';
import type { Random } from '../../lib/core/random.ts';
import { type Codec, fit } from '../../lib/wire/codec.ts';
import type { EventQueue } from './event-queue.ts';
import type { Observer, PacketLoss } from './observer.ts';
import type { PacketFaults } from './packet-faults.ts';
import type { Paths, QueuedHop } from './paths.ts';
import type { Slab } from './slab.ts';

/** What an event in the queue is about. */
export const ARRIVAL = 0;
export const DATAGRAM_ARRIVAL = 1;
export const TIMER = 2;
export const ACTION = 3;

/** A thing to do at a moment: a fault, a publish, a packet that enters a link's queue. */
export interface Action {
  run(nowUs: number): void;
}

/** Conditions of the simulated network, beside those of the underlay's links. */
export interface NetworkOptions {
  /** Probability that a packet is lost on its way, beside the loss of links. Default 0. */
  readonly loss: number;
  /** A packet takes up to this share of its route's delay longer, drawn uniformly. Default 0. */
  readonly jitter: number;
  /** `objects`: messages cross as they are. `bytes`: each is encoded and decoded. Both give the same trace. */
  readonly wire: 'objects' | 'bytes';
  /** A link sends a packet again this many round trips after the last time, but not sooner than `retransmitMinMs`. */
  readonly retransmitRoundTrips: number;
  readonly retransmitMinMs: number;
  /** A link gives up, and is down, after a packet was sent this many times. */
  readonly attemptsMax: number;
  /** From the failure of a peer, or a send to a failed one, to the sender's link going down, in ms. */
  readonly linkTimeoutMs: number;
  /** Bytes that may wait for a link of limited bandwidth; a packet that does not fit is dropped. */
  readonly queueBytesMax: number;
}

export const NETWORK_DEFAULTS: NetworkOptions = Object.freeze({
  loss: 0,
  jitter: 0,
  wire: 'objects',
  // Guess: a smoothed timeout is somewhat above the round trip (RFC 6298 adds four deviations).
  retransmitRoundTrips: 1.5,
  // Guess: Linux's least TCP timeout.
  retransmitMinMs: 200,
  // At 5 % loss one packet in 10^13 fails; at 50 % one in 1000.
  attemptsMax: 10,
  // Guess: a reset or a few keep-alives.
  linkTimeoutMs: 1000,
  // Guess: some 20 ms at 100 Mbit/s.
  queueBytesMax: 256 * 1024,
});

/**
 * The simulated network: puts what peers send into the event queue, at the time at
 * which it arrives. Loss hits every packet. What was sent reliably is sent again,
 * later, and counted again each time; acknowledgements are not simulated. What was
 * not is gone.
 */
export class Network {
  private readonly queue: EventQueue;
  private readonly slab: Slab<unknown>;
  private paths: Paths;
  private readonly codec: Codec;
  private readonly options: NetworkOptions;
  private readonly random: Random;
  private readonly observer: Observer;
  private readonly onLinkFailed: (owner: PeerRef, peer: PeerRef, afterUs: number) => void;
  private readonly incarnationOf: (peer: PeerRef) => number;
  private readonly faults: PacketFaults;
  private plain: boolean;
  /** When the queue of each directed link will be empty, in microseconds and fractions of them. */
  private readonly busyUntilUs = new Map<number, number>();
  /** Messages sent lately with their slots: copies of one message share a slot while it is in flight. */
  private readonly recent: Recent[] = Array.from({ length: RECENT_MESSAGES }, () => ({ message: undefined, handle: 0, bytes: 0 }));
  private nextRecent = 0;

  constructor(parts: NetworkParts) {
    this.queue = parts.queue;
    this.slab = parts.slab;
    this.paths = parts.paths;
    this.codec = parts.codec;
    this.options = parts.options;
    this.random = parts.random;
    this.observer = parts.observer;
    this.onLinkFailed = parts.onLinkFailed;
    this.incarnationOf = parts.incarnationOf;
    this.faults = parts.faults;
    this.plain = this.paths.plain && this.options.loss === 0 && this.options.jitter === 0;
  }

  /** From now on packets take these paths, on which a delay of `Infinity` means that there is no way; those under way arrive as they would have. */
  reroute(paths: Paths): void {
    this.paths = paths;
    this.plain = false;
  }

  /** Whether packets from one host to another can come through at all. */
  reaches(from: number, to: number): boolean {
    return this.faults.reaches(from, to) && this.paths.delayUs(from, to) < Infinity;
  }

  send(nowUs: number, from: PeerRef, to: PeerRef, message: Message, reliable: boolean): void {
    const { handle, bytes } = this.hold(message);
    this.observer.onTransmission(nowUs, from, to, message, bytes, 1);
    if (this.plain && !this.faults.any) {
      this.queue.push(nowUs + this.paths.delayUs(from, to), reliable ? ARRIVAL : DATAGRAM_ARRIVAL, to, from, handle);
      return;
    }
    const incarnation = this.incarnationOf(from);
    this.attempt({ from, incarnation, to, message, handle, bytes, reliable, attempt: 1, firstUs: nowUs, sentUs: nowUs }, nowUs);
  }

  /** An event with this message has been handled, or will not happen. */
  release(handle: number): void {
    if (!this.slab.release(handle)) return;
    // The slot is free for another message.
    for (const recent of this.recent) if (recent.handle === handle) recent.message = undefined;
  }

  /** What arrives: the message itself, or what its bytes decode to. */
  open(handle: number): Message | undefined {
    const item = this.slab.get(handle);
    return this.options.wire === 'bytes' ? this.codec.decode(item as Uint8Array) : (item as Message);
  }

  /** Takes a slot for a copy of `message`, with one reference. */
  private hold(message: Message): Recent {
    for (const recent of this.recent) {
      if (recent.message !== message) continue;
      this.slab.retain(recent.handle);
      return recent;
    }
    const recent = this.recent[this.nextRecent] as Recent;
    this.nextRecent = (this.nextRecent + 1) % RECENT_MESSAGES;
    // Both ways of crossing carry the same: a digest that is too long is cut for both.
    const fitted = fit(message);
    recent.message = message;
    recent.bytes = this.codec.size(fitted);
    recent.handle = this.slab.add(this.options.wire === 'bytes' ? this.codec.encode(fitted) : fitted);
    return recent;
  }

  private attempt(packet: Packet, nowUs: number): void {
    const { from, to } = packet;
    const lossy = this.random.chance(this.options.loss) || this.random.chance(this.paths.loss(from, to));
    if (lossy) return this.fail(packet, nowUs, 'lost');
    if (this.paths.delayUs(from, to) === Infinity) return this.fail(packet, nowUs, 'unreachable');
    const departureUs = this.faults.any ? this.suffer(packet, nowUs) : nowUs;
    if (departureUs === undefined) return;
    const queues = this.paths.queues(from, to);
    if (queues.length === 0) return this.arrive(packet, departureUs);
    packet.queues = queues;
    packet.hop = 0;
    this.enterNext(packet, departureUs);
  }

  /** What faults do to the packet: answers when it sets out, as it were; `undefined` when it is lost. */
  private suffer(packet: Packet, nowUs: number): number | undefined {
    const { from, to, handle, reliable, bytes } = packet;
    const { lost, duplicateAfterUs, extraUs } = this.faults.of(nowUs, from, to, bytes);
    if (lost !== undefined) {
      this.fail(packet, nowUs, lost);
      return undefined;
    }
    if (duplicateAfterUs > 0) {
      this.slab.retain(handle);
      const atUs = nowUs + extraUs + this.paths.delayUs(from, to) + duplicateAfterUs;
      this.queue.push(atUs, reliable ? ARRIVAL : DATAGRAM_ARRIVAL, to, from, handle);
    }
    return nowUs + extraUs;
  }

  /** The packet goes on to the next link with limited bandwidth, or to its end. `offUs`: when it left the last one. */
  private enterNext(packet: Packet, offUs: number): void {
    const hop = packet.queues?.[packet.hop ?? 0];
    const entryUs = packet.entryUs ?? 0;
    if (hop === undefined) return this.arrive(packet, offUs - entryUs);
    packet.entryUs = hop.entryUs;
    this.act(offUs + hop.entryUs - entryUs, { run: (nowUs) => this.serialise(packet, hop, nowUs) });
  }

  /** A link's queue: first in, first out, and full at `queueBytesMax`. A link with nothing to do takes a packet of any size. */
  private serialise(packet: Packet, hop: QueuedHop, nowUs: number): void {
    const startUs = Math.max(nowUs, this.busyUntilUs.get(hop.queue) ?? 0);
    const waitingBytes = ((startUs - nowUs) * hop.bandwidthMbps) / 8;
    if (waitingBytes > 0 && waitingBytes + packet.bytes > this.options.queueBytesMax) return this.fail(packet, nowUs, 'queue-full');
    // Exact here, and rounded where it enters the clock: the errors of many small packets must not add up.
    const offUs = startUs + (packet.bytes * 8) / hop.bandwidthMbps;
    this.busyUntilUs.set(hop.queue, offUs);
    packet.hop = (packet.hop ?? 0) + 1;
    this.enterNext(packet, Math.round(offUs));
  }

  /** `departureUs`: when it would have left to come this far without waiting. */
  private arrive(packet: Packet, departureUs: number): void {
    const { from, to, handle, reliable } = packet;
    const delayUs = this.paths.delayUs(from, to);
    const jitterUs = this.paths.jitterUs(from, to, this.random) + Math.round(this.options.jitter * this.random.float() * delayUs);
    this.queue.push(departureUs + delayUs + jitterUs, reliable ? ARRIVAL : DATAGRAM_ARRIVAL, to, from, handle);
  }

  /** The packet is lost: the link repeats it after a timeout that doubles each time, or gives up; the link of a peer that is gone does neither. */
  private fail(packet: Packet, nowUs: number, why: PacketLoss): void {
    const { from, incarnation, to, message, handle, bytes } = packet;
    const { attemptsMax, retransmitMinMs, retransmitRoundTrips } = this.options;
    const roundTripUs = this.paths.delayUs(from, to) + this.paths.delayUs(to, from);
    const waitUs = roundTripUs < Infinity ? Math.max(retransmitMinMs * 1000, retransmitRoundTrips * roundTripUs) : retransmitMinMs * 1000;
    const timeoutUs = Math.round(waitUs) * 2 ** (packet.attempt - 1);
    const againUs = Math.max(nowUs, packet.sentUs + timeoutUs);
    // Where nothing comes through, a link gives up when it has been silent for long.
    const isCut = why === 'unreachable' && againUs - packet.firstUs > this.options.linkTimeoutMs * 1000;
    const isLast = packet.attempt >= attemptsMax || isCut;
    this.observer.onLoss(nowUs, from, to, message, why, packet.reliable && !isLast);
    if (!packet.reliable) return this.release(handle);
    if (isLast) {
      this.release(handle);
      if (this.incarnationOf(from) === incarnation) this.onLinkFailed(from, to, againUs - nowUs);
      return;
    }
    const again: Packet = { from, incarnation, to, message, handle, bytes, reliable: true, attempt: packet.attempt + 1, firstUs: packet.firstUs, sentUs: againUs };
    this.act(againUs, {
      run: (timeUs) => {
        if (this.incarnationOf(from) !== incarnation) {
          this.observer.onLoss(timeUs, from, to, message, 'sender-down', false);
          return this.release(handle);
        }
        this.observer.onTransmission(timeUs, from, to, message, bytes, again.attempt);
        this.attempt(again, timeUs);
      },
    });
  }

  private act(timeUs: number, action: Action): void {
    this.queue.push(timeUs, ACTION, 0, 0, this.slab.add(action));
  }
}

/** Messages remembered as sent lately. Guess: a flood has about three hop counts under way at a time. */
const RECENT_MESSAGES = 8;

interface Recent {
  message: Message | undefined;
  handle: number;
  bytes: number;
}

/** What a network is made of. */
export interface NetworkParts {
  readonly queue: EventQueue;
  readonly slab: Slab<unknown>;
  readonly paths: Paths;
  readonly codec: Codec;
  readonly options: NetworkOptions;
  readonly random: Random;
  readonly observer: Observer;
  /** The link of `owner` to `peer` has failed; tell it after `afterUs`. */
  readonly onLinkFailed: (owner: PeerRef, peer: PeerRef, afterUs: number) => void;
  readonly faults: PacketFaults;
  /** Which of the peers that were on a host runs there now; 0 for none. */
  readonly incarnationOf: (peer: PeerRef) => number;
}

/** A packet on a network that is not plain. */
interface Packet {
  readonly from: PeerRef;
  /** Of the sender. */
  readonly incarnation: number;
  readonly to: PeerRef;
  readonly message: Message;
  readonly handle: number;
  readonly bytes: number;
  readonly reliable: boolean;
  /** How often it has been sent, this time included. */
  readonly attempt: number;
  /** When it was sent for the first time, and this time. */
  readonly firstUs: number;
  readonly sentUs: number;
  /** The queues on its way, how many lie behind, and the propagation delay up to the last one. */
  queues?: readonly QueuedHop[];
  hop?: number;
  entryUs?: number;
}
