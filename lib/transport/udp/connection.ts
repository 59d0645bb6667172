import { assert } from '../../core/errors.ts';
import type { Account } from '../account.ts';
import { DROPPED } from '../send-queue.ts';
import { type Delivery, HELLO_BYTES_MAX, type LinkDownReason, type Priority, type TransportLimits } from '../transport.ts';
import type { UdpCounters } from './counters.ts';
import { type Fragment, FrameQueue } from './frame-queue.ts';
import { FrameReceiver } from './frame-receiver.ts';
import { LossRecovery } from './loss-recovery.ts';
import { Opening } from './opening.ts';
import { type AcceptPacket, CLOSE_CODE, type DataPacket, NUMBER_END, PING_BYTES, type Packet } from './packet.ts';
import { type PacketWriter, ackBytes } from './packet-writer.ts';
import { ReceivedPackets } from './received-packets.ts';

/**
 * A timeout that comes so late, in ms: the process was stopped or busy. What came
 * meanwhile is still unread, and the other end is not judged before it is.
 */
const LATE_MS = 1000;

/** What a connection tells its owner, from within `onPacket`, `poll` and `onTimeout`. */
export interface ConnectionEvents {
  onUp(): void;
  onFrame(frame: Uint8Array): void;
  /** It has failed, or the other end has closed it. */
  onDown(reason: LinkDownReason): void;
  onDrain(): void;
}

/** What a connection is made of. */
export interface ConnectionOptions {
  /** By which the other end names it; below `CONNECTION_ID_END`. */
  readonly id: number;
  /** Of the end that dialled, when this one did not. */
  readonly remote: { readonly id: number; readonly hello: Uint8Array } | undefined;
  /** What this end says of itself. */
  readonly hello: Uint8Array;
  readonly limits: TransportLimits;
  /** Bytes of frames that are not whole, at most. */
  readonly reassemblyBytesMax: number;
  readonly counters: UdpCounters;
  readonly writer: PacketWriter;
  readonly events: ConnectionEvents;
}

/**
 * One end of a link, without I/O: packets and time go in, packets come out. After each
 * call of `onPacket`, `send`, `close` and `onTimeout`, packets are taken with `poll`
 * until there is none, and `onTimeout` is called when `timeoutMs` has come.
 */
export class UdpConnection {
  readonly id: number;
  readonly dialled: boolean;
  phase: 'opening' | 'up' | 'closed' = 'opening';
  remoteId: number | undefined;
  remoteHello: Uint8Array;
  heardMs: number;
  private readonly options: ConnectionOptions;
  private readonly opening: Opening;
  private readonly queue: FrameQueue;
  private readonly recovery: LossRecovery;
  private readonly receiver: FrameReceiver;
  private readonly received = new ReceivedPackets();
  private readonly openedMs: number;
  /** An ACCEPT is to be sent. */
  private acceptWanted: boolean;
  private acceptedMs = 0;
  private acceptsSent = 0;
  private pingWanted = false;
  /** Whether the owner has heard that it is up, and hears of its frames. */
  private told = false;
  /** The code of the last packet, which is still to be sent. */
  private farewell: number | undefined = undefined;
  /** When a closing connection ends at the latest; `Infinity` while nobody has closed it. */
  private closeByMs = Infinity;
  /** Before this moment the other end could not be heard. */
  private deafUntilMs: number;

  constructor(options: ConnectionOptions, nowMs: number) {
    const { limits, counters, remote, reassemblyBytesMax } = options;
    assert(options.hello.length <= HELLO_BYTES_MAX, 'a hello has HELLO_BYTES_MAX bytes at most');
    this.options = options;
    this.id = options.id;
    this.dialled = remote === undefined;
    this.remoteId = remote?.id;
    this.remoteHello = remote?.hello ?? NOTHING;
    this.acceptWanted = !this.dialled;
    this.opening = new Opening(nowMs);
    this.openedMs = this.heardMs = this.deafUntilMs = nowMs;
    this.queue = new FrameQueue(limits.queueBytesMax, reassemblyBytesMax, counters);
    this.recovery = new LossRecovery(this.queue, counters);
    this.receiver = new FrameReceiver(limits.frameBytesMax, reassemblyBytesMax, counters);
  }

  /** Whether this end has closed it, though it may have something to send. */
  get closing(): boolean {
    return this.closeByMs < Infinity;
  }

  /** The number of its next packet. */
  get nextPacket(): number {
    return this.recovery.sent.next;
  }

  get queuedBytes(): number {
    return this.queue.bytes;
  }

  /** Bytes that have arrived of frames that are not whole. */
  get reassemblyBytes(): number {
    return this.receiver.heldBytes;
  }

  get rttMs(): number | undefined {
    return this.recovery.rtt.srttMs;
  }

  /** As `Link.send`. */
  send(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery, nowMs: number): boolean {
    const bytes = head.length + (body === undefined ? 0 : body.length);
    assert(bytes > 0 && bytes <= this.options.limits.frameBytesMax, 'a frame has one byte at least, and frameBytesMax at most');
    if (this.phase !== 'closed' && !this.closing && this.queue.offer(head, body, priority, delivery === 'reliable', nowMs)) return true;
    this.options.counters[DROPPED[priority]]++;
    return false;
  }

  /** As `Link.close`. */
  close(nowMs: number): void {
    if (this.phase === 'closed' || this.closing) return;
    if (this.phase === 'opening' && this.queue.empty) this.end(undefined);
    else this.closeByMs = nowMs + this.options.limits.closeTimeoutMs;
  }

  /** Ends it at once, with a last word where there is somebody to hear it. */
  abort(code: number): void {
    if (this.phase !== 'closed') this.end(this.remoteId === undefined ? undefined : code);
  }

  /** A packet for this connection, from the address of the other end; an INIT is one that has led here before. */
  onPacket(packet: Packet, bytes: number, nowMs: number): void {
    if (packet.kind === 'data' && this.remoteId !== undefined && this.phase !== 'closed') this.onData(packet, bytes, nowMs);
    else if (packet.kind === 'init' && !this.dialled && this.phase === 'opening') this.acceptWanted = true;
    else if (!this.dialled || this.phase !== 'opening') this.options.counters.unexpectedPackets++;
    else if (packet.kind === 'retry' && this.opening.onRetry(packet.cookie, nowMs)) this.heardMs = nowMs;
    else if (packet.kind === 'accept' && packet.hello.length <= HELLO_BYTES_MAX) this.onAccept(packet, nowMs);
    else if (packet.kind === 'data' && packet.chunks.some(({ kind }) => kind === 'close')) this.fail('closed', undefined);
    else this.options.counters.unexpectedPackets++;
  }

  /** The next packet to be sent now, which must stay as it is; `undefined` when there is none. */
  poll(nowMs: number): Uint8Array | undefined {
    if (this.phase === 'closed') return this.pollFarewell();
    if (this.phase === 'opening') return this.pollOpening(nowMs);
    const packet = this.pollData(nowMs);
    this.tellDrain();
    if (packet !== undefined || !this.closing || !(this.queue.empty || nowMs >= this.closeByMs)) return packet;
    this.end(CLOSE_CODE.done);
    return this.pollFarewell();
  }

  /** When `onTimeout` is to be called, unless something else happens before. */
  timeoutMs(nowMs: number): number {
    if (this.phase === 'closed') return Infinity;
    const { keepAliveMs } = this.options.limits;
    const endMs = Math.min(this.closeByMs, this.deadlineMs);
    if (this.phase === 'opening') return Math.min(endMs, this.dialled ? this.opening.dueMs : Infinity);
    const pingMs = this.recovery.sent.count > 0 ? Infinity : this.silentSinceMs + keepAliveMs;
    return Math.min(endMs, pingMs, this.paceMs(nowMs), this.received.ackDueMs, this.recovery.timeoutMs);
  }

  /** @param dueMs what `timeoutMs` was. */
  onTimeout(dueMs: number, nowMs: number): void {
    if (nowMs > dueMs + LATE_MS) this.deafUntilMs = nowMs;
    if (this.phase === 'closed') return;
    if (this.phase === 'opening' && nowMs >= this.closeByMs) return this.end(undefined);
    if (nowMs >= this.deadlineMs) return this.expire();
    if (this.phase === 'opening') return;
    if (this.recovery.onTimeout(nowMs)) this.pingWanted = true;
    if (this.recovery.sent.count === 0 && nowMs >= this.silentSinceMs + this.options.limits.keepAliveMs) {
      this.pingWanted = true;
      this.receiver.abandonUnreliable();
    }
    // While nothing goes out, nothing else looks at what waits.
    if (this.queue.waiting) this.queue.dropAllStale(nowMs);
    this.tellDrain();
  }

  /** What its counters say beside what is there. */
  accounts(): Account[] {
    return [...this.recovery.accounts(), ...this.receiver.accounts(), ...this.received.accounts()];
  }

  private get silentSinceMs(): number {
    return Math.max(this.heardMs, this.deafUntilMs);
  }

  /** When it has failed unless something is heard. */
  private get deadlineMs(): number {
    const { handshakeTimeoutMs, idleTimeoutMs } = this.options.limits;
    if (this.phase === 'opening') return Math.max(this.openedMs, this.deafUntilMs) + handshakeTimeoutMs;
    const heardMs = this.recovery.sent.count === 0 ? this.heardMs : Math.min(this.heardMs, this.recovery.progressMs);
    return Math.max(heardMs, this.deafUntilMs) + idleTimeoutMs;
  }

  /** When pacing lets the next packet go. What waits for anything else waits for acknowledgements. */
  private paceMs(nowMs: number): number {
    const delayMs = this.queue.waiting || this.pingWanted ? this.recovery.sendDelayMs(nowMs) : 0;
    return delayMs > 0 ? nowMs + delayMs : Infinity;
  }

  private expire(): void {
    const { counters } = this.options;
    if (this.phase === 'up') {
      counters.idleTimeouts++;
      return this.fail('timeout', CLOSE_CODE.done);
    }
    counters.handshakeTimeouts++;
    this.fail(this.opening.answered || !this.dialled ? 'handshake-timeout' : 'unreachable', undefined);
  }

  private onAccept({ from, hello }: AcceptPacket, nowMs: number): void {
    this.remoteId = from;
    this.remoteHello = hello.slice();
    this.heardMs = nowMs;
    // The other end is not up before it has heard from here.
    this.pingWanted = true;
    this.comeUp(this.opening.rttMs(nowMs));
  }

  private onData(packet: DataPacket, packetBytes: number, nowMs: number): void {
    const { counters } = this.options;
    if (this.received.has(packet.number)) {
      counters.duplicatePackets++;
      return;
    }
    if (packet.chunks.some((chunk) => chunk.kind === 'ack' && !this.recovery.isValid(chunk))) {
      counters.malformedPackets++;
      return;
    }
    this.heardMs = nowMs;
    if (this.phase === 'opening') this.comeUp(this.acceptsSent === 1 ? nowMs - this.acceptedMs : undefined);
    if (this.phase === 'up') this.onChunks(packet, packetBytes, nowMs);
  }

  private onChunks({ number, chunks }: DataPacket, packetBytes: number, nowMs: number): void {
    const frames: Uint8Array[] = [];
    let [eliciting, ping, deferred, wrong, close] = [false, false, false, false, false];
    for (const chunk of chunks) {
      if (chunk.kind === 'fragment') {
        eliciting = true;
        const result = this.receiver.add(chunk, packetBytes);
        if (typeof result !== 'string') frames.push(result);
        else if (result === 'deferred') deferred = true;
        else if (result === 'wrong') wrong = true;
      } else if (chunk.kind === 'ack') {
        this.recovery.onAck(chunk, nowMs);
      } else if (chunk.kind === 'ping') {
        eliciting = ping = true;
      } else {
        close = true;
      }
    }
    // A packet of which something had no room must come again, all of it.
    if (!deferred) this.received.add(number, eliciting, ping, nowMs);
    if (this.told) {
      this.options.counters.framesReceived += frames.length;
      for (const frame of frames) this.options.events.onFrame(frame);
    }
    if (wrong) {
      this.options.counters.protocolErrors++;
      this.fail('protocol-error', CLOSE_CODE.protocolError);
    } else if (close) {
      this.fail('closed', undefined);
    } else {
      this.tellDrain();
    }
  }

  private comeUp(rttMs: number | undefined): void {
    this.phase = 'up';
    if (rttMs !== undefined) this.recovery.rtt.sample(rttMs, 0);
    if (this.closing) return;
    this.told = true;
    this.options.events.onUp();
  }

  private fail(reason: LinkDownReason, code: number | undefined): void {
    if (this.phase === 'closed') return;
    const told = !this.closing && (this.dialled || this.told);
    this.end(code);
    if (told) this.options.events.onDown(reason);
  }

  private end(code: number | undefined): void {
    this.phase = 'closed';
    this.farewell = code;
    this.queue.clear();
    this.recovery.sent.clear();
    this.receiver.clear();
  }

  private tellDrain(): void {
    if (this.phase === 'up' && !this.closing && this.queue.ranLow()) this.options.events.onDrain();
  }

  private pollOpening(nowMs: number): Uint8Array | undefined {
    const { writer, hello } = this.options;
    if (this.remoteId !== undefined) {
      if (!this.acceptWanted) return undefined;
      this.acceptWanted = false;
      this.acceptedMs = nowMs;
      this.acceptsSent++;
      return writer.accept(this.remoteId, this.id, hello);
    }
    if (nowMs < this.opening.dueMs) return undefined;
    this.opening.onSent(nowMs);
    const { cookie } = this.opening;
    return writer.init(this.id, cookie, cookie.length === 0 ? NOTHING : hello);
  }

  private pollFarewell(): Uint8Array | undefined {
    const { farewell, remoteId } = this;
    if (farewell === undefined || remoteId === undefined) return undefined;
    this.farewell = undefined;
    return this.options.writer.farewell(remoteId, this.recovery.sent.next++, farewell);
  }

  private pollData(nowMs: number): Uint8Array | undefined {
    const { received, recovery, options: { writer } } = this;
    const number = recovery.sent.next;
    const maySend = (this.queue.waiting || this.pingWanted) && recovery.sendDelayMs(nowMs) === 0;
    const ackDue = nowMs >= received.ackDueMs;
    if ((!maySend && !ackDue) || this.remoteId === undefined) return undefined;
    if (number >= NUMBER_END || this.queue.exhausted) {
      // Numbers are not used twice: the owner dials again.
      this.fail('failed', CLOSE_CODE.done);
      return this.pollFarewell();
    }
    writer.begin(this.remoteId, number);
    if (ackDue) this.writeAck(nowMs);
    const { fragments, eliciting } = maySend ? this.writeFragments(nowMs) : NO_FRAGMENTS;
    if (writer.empty) return undefined;
    if (received.ackDueMs < Infinity && writer.room >= ackBytes(received.rangeCount)) this.writeAck(nowMs);
    const packet = writer.finish();
    if (eliciting) recovery.onSent({ number, sentMs: nowMs, bytes: packet.length, fragments });
    else recovery.sent.next++;
    return packet;
  }

  private writeAck(nowMs: number): void {
    const { ranges, delayMs } = this.received.takeAck(nowMs);
    this.options.writer.ack(ranges, delayMs);
  }

  /** Fills the packet with what waits; answers the reliable fragments, and whether the packet is to be acknowledged. */
  private writeFragments(nowMs: number): { readonly fragments: readonly Fragment[]; readonly eliciting: boolean } {
    const { writer } = this.options;
    const fragments: Fragment[] = [];
    const ackAtOnce = this.recovery.wantsAckAtOnce;
    let eliciting = this.pingWanted;
    for (let next = this.queue.take(writer.room - PING_BYTES, nowMs); next !== undefined; next = this.queue.take(writer.room - PING_BYTES, nowMs)) {
      writer.fragment(next.frame, next.offset, next.length);
      if (next.frame.reliable) fragments.push(next);
      eliciting = true;
    }
    if (this.pingWanted || (ackAtOnce && eliciting)) writer.ping();
    this.pingWanted = false;
    return { fragments, eliciting };
  }
}

const NOTHING = new Uint8Array(0);
const NO_FRAGMENTS = { fragments: [], eliciting: false } as const;
