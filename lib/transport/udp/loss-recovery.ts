import type { Account } from '../account.ts';
import { CongestionWindow } from './congestion-window.ts';
import type { UdpCounters } from './counters.ts';
import type { FrameQueue } from './frame-queue.ts';
import { type AckChunk, PACKET_BYTES_MAX } from './packet.ts';
import { Pacer } from './pacer.ts';
import { ACK_DELAY_MAX_MS } from './received-packets.ts';
import { RttEstimator } from './rtt-estimator.ts';
import { type SentPacket, SentPackets } from './sent-packets.ts';

/** Packets that a timeout sends even when the window is full (RFC 9002, section 6.2.4). */
const PROBES = 2;

/** Timeouts in a row after which the window closes to its minimum (RFC 9002, section 7.6.1). */
const PERSISTENT_TIMEOUTS = 3;

/** A window of no more packets wants acknowledgements without delay. A guess: twice what an acknowledgement waits for. */
const SMALL_WINDOW_BYTES = 16 * PACKET_BYTES_MAX;

/** When packets may go, which were lost, and what has to go again. Follows RFC 9002 but where the parts say otherwise. */
export class LossRecovery {
  readonly rtt = new RttEstimator();
  readonly sent = new SentPackets();
  /** When a packet was last acknowledged, or the first one sent after all had been. */
  progressMs = -Infinity;
  private readonly window = new CongestionWindow();
  private readonly pacer = new Pacer();
  private readonly queue: FrameQueue;
  private readonly counters: UdpCounters;
  private timeouts = 0;
  private probes = 0;
  /** When a packet was sent, or sent again for want of an acknowledgement. */
  private lastSentMs = -Infinity;
  /** When the next packet will count as lost. */
  private lossMs = Infinity;

  constructor(queue: FrameQueue, counters: UdpCounters) {
    this.queue = queue;
    this.counters = counters;
  }

  /** How long the next packet has to wait for its turn, in ms; `Infinity` while the window is full. */
  sendDelayMs(nowMs: number): number {
    if (this.probes > 0) return 0;
    if (this.windowFull) return Infinity;
    return this.pacer.delayMs(nowMs);
  }

  /** Whether the other end should acknowledge the packet at once: nothing can follow it until then. */
  get wantsAckAtOnce(): boolean {
    return this.sent.bytesInFlight + 2 * PACKET_BYTES_MAX > this.window.bytes && this.window.bytes <= SMALL_WINDOW_BYTES;
  }

  onSent(packet: SentPacket): void {
    if (this.sent.count === 0) this.progressMs = packet.sentMs;
    this.sent.add(packet);
    this.lastSentMs = packet.sentMs;
    this.pacer.onSent(packet.bytes);
    if (this.probes > 0) this.probes--;
  }

  /** Whether it acknowledges nothing but what was sent. */
  isValid({ ranges }: AckChunk): boolean {
    return (ranges[1] as number) < this.sent.next;
  }

  /** @param ack a valid one. */
  onAck(ack: AckChunk, nowMs: number): void {
    const inFlight = this.sent.bytesInFlight;
    let newest = undefined as SentPacket | undefined;
    this.sent.acknowledge(ack.ranges, (packet) => {
      if (newest === undefined || packet.number > newest.number) newest = packet;
      for (const fragment of packet.fragments) this.queue.onAcked(fragment);
      this.window.onAcked(packet.bytes, packet.sentMs, inFlight);
    });
    if (newest === undefined) return;
    this.progressMs = nowMs;
    this.timeouts = this.probes = 0;
    // What was acknowledged before may lie behind a late largest number; its age tells nothing then.
    if (newest.number === ack.ranges[1]) this.rtt.sample(nowMs - newest.sentMs, ack.delayMs);
    this.detectLost(nowMs);
    this.pacer.setRate(this.window.bytes, this.rtt.srttMs, this.window.slowStart);
  }

  /** When `onTimeout` has something to do. */
  get timeoutMs(): number {
    if (this.sent.count === 0) return Infinity;
    return Math.min(this.lossMs, this.lastSentMs + this.rtt.rtoMs(this.timeouts, ACK_DELAY_MAX_MS));
  }

  /** Answers whether a packet has to be sent only to be acknowledged, since there is nothing else to send. */
  onTimeout(nowMs: number): boolean {
    if (this.sent.count === 0) return false;
    if (this.lossMs <= nowMs) {
      this.detectLost(nowMs);
      return false;
    }
    if (nowMs < this.timeoutMs) return false;
    this.counters.retransmissionTimeouts++;
    this.timeouts++;
    this.probes = PROBES;
    this.lastSentMs = nowMs;
    if (this.timeouts >= PERSISTENT_TIMEOUTS) this.window.onPersistentCongestion();
    // The packets stay on record: should their acknowledgement have been late only, nothing was lost.
    for (const packet of this.sent.oldestWithFragments(PROBES)) this.sendAgain(packet);
    return !this.queue.waiting;
  }

  accounts(): Account[] {
    return [...this.queue.accounts(this.sent.fragments), ...this.sent.accounts()];
  }

  private get windowFull(): boolean {
    return this.sent.bytesInFlight + PACKET_BYTES_MAX > this.window.bytes || !this.sent.hasRoom;
  }

  private detectLost(nowMs: number): void {
    this.lossMs = this.sent.detectLost(nowMs, this.rtt.lossDelayMs, (packet) => {
      this.counters.packetsLost++;
      this.window.onLost(packet.sentMs, nowMs);
      this.sendAgain(packet);
    });
  }

  private sendAgain(packet: SentPacket): void {
    for (const fragment of packet.fragments) this.queue.sendAgain(fragment);
    packet.fragments = [];
  }
}
