import type { Socket } from 'node:net';
import { assert } from '../../core/errors.ts';
import { FrameDecoder } from '../../wire/framing.ts';
import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import { DROPPED, SendQueue } from '../send-queue.ts';
import type { Delivery, Link, LinkDownReason, Priority, TransportHandlers, TransportLimits } from '../transport.ts';
import type { TcpCounters } from './counters.ts';
import { FrameWriter } from './frame-writer.ts';
import { HelloReader, encodeHello } from './hello.ts';

/** What a link needs of the transport that it belongs to. */
export interface LinkHost {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly counters: TcpCounters;
  readonly handlers: TransportHandlers;
  /** What this end says of itself. */
  hello(): Uint8Array;
  /** The other end has said hello: whether there is room for one more link. */
  admit(link: TcpLink): boolean;
  /** The owner has closed the link, whose socket lives on for a while. */
  onClosing(link: TcpLink): void;
  /** The link has ended; its socket is about to be closed. */
  onGone(link: TcpLink): void;
  /** The socket is closed. */
  onSocketClosed(link: TcpLink): void;
  /** Calls `link.flush` soon, together with others. */
  flushSoon(link: TcpLink): void;
  /** The link has a deadline at `atMs`, earlier perhaps than all others. */
  wakeBy(atMs: number): void;
}

/**
 * `closing`: the owner has closed it, what is queued is on its way out.
 * `ended`: nothing more is sent, the other end has yet to close.
 */
type Phase = 'opening' | 'up' | 'closing' | 'ended' | 'gone';

/** One connection, from `connect` or `accept` to the end of its socket. */
export class TcpLink implements Link {
  readonly transport = 'tcp';
  readonly dialled: boolean;
  readonly remote: Address;
  readonly rttMs = undefined;
  hello: Uint8Array = NOTHING;
  heardMs: number;
  /** When a frame was last whole, or so many bytes of one had come: a byte now and then must not keep a link. */
  private progressMs: number;
  private partialBytes = 0;
  private readonly host: LinkHost;
  private readonly socket: Socket;
  private readonly queue: SendQueue;
  private readonly writer: FrameWriter;
  private readonly openedMs: number;
  private readonly decoder: FrameDecoder;
  /** Until the other end has said hello. */
  private helloReader: HelloReader | undefined = new HelloReader();
  private phase: Phase = 'opening';
  /** Whether the owner has heard that it is up, and hears of its frames. */
  private told = false;
  private connected = false;
  private flushing = false;
  /** When the last write began. */
  private sentMs: number;
  private closeByMs = Infinity;

  /** @param socket connected when it was accepted; to be connected when it was dialled. */
  constructor(host: LinkHost, socket: Socket, remote: Address, dialled: boolean) {
    this.host = host;
    this.socket = socket;
    this.remote = remote;
    this.dialled = dialled;
    this.queue = new SendQueue(host.limits.queueBytesMax);
    this.writer = new FrameWriter(socket, this.queue, host.counters, () => this.onWritten());
    this.decoder = new FrameDecoder(host.limits.frameBytesMax);
    this.openedMs = this.heardMs = this.progressMs = this.sentMs = host.clock.nowMs();
    socket.on('connect', () => this.onConnect());
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('end', () => this.onEnd());
    socket.on('error', (error) => this.onError(error));
    socket.on('close', () => this.onClose());
    if (!dialled) this.onConnect();
  }

  get state(): 'opening' | 'up' | 'closed' {
    return this.phase === 'opening' || this.phase === 'up' ? this.phase : 'closed';
  }

  get queuedBytes(): number {
    return this.queue.bytes + this.writer.heldBytes;
  }

  send(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery): boolean {
    const bytes = head.length + (body === undefined ? 0 : body.length);
    assert(bytes > 0 && bytes <= this.host.limits.frameBytesMax, 'a frame has one byte at least, and frameBytesMax at most');
    if (this.state === 'closed' || !this.queue.offer(head, body, priority, delivery, this.writer.heldBytes)) {
      this.host.counters[DROPPED[priority]]++;
      return false;
    }
    if (this.phase === 'up') this.flushSoon();
    return true;
  }

  close(): void {
    if (this.state === 'closed') return;
    // Frames that wait for the link to be up have their time, too.
    if (this.phase === 'opening' && this.queue.frames === 0) return this.abort();
    this.phase = 'closing';
    this.closeByMs = this.host.clock.nowMs() + this.host.limits.closeTimeoutMs;
    this.host.wakeBy(this.closeByMs);
    this.host.onClosing(this);
    this.flushSoon();
  }

  /** Ends the link at once, without a word to anybody. */
  abort(): void {
    if (this.phase === 'gone') return;
    this.phase = 'gone';
    this.queue.clear();
    this.writer.clear();
    this.socket.destroy();
    this.host.onGone(this);
  }

  /** Ends the link at once; the owner hears of it unless it closed it or never knew it. */
  fail(reason: LinkDownReason): void {
    const heard = this.phase === 'up' || (this.phase === 'opening' && this.dialled);
    if (reason === 'protocol-error' && this.phase !== 'gone') this.host.counters.protocolErrors++;
    this.abort();
    if (heard) guard(() => this.host.handlers.onLinkDown(this, reason));
  }

  /** Writes what waits, as far as the system takes it. */
  flush(): void {
    this.flushing = false;
    if (this.phase !== 'up' && !(this.phase === 'closing' && this.helloReader === undefined)) return;
    if (this.writer.flush()) this.sentMs = this.host.clock.nowMs();
    if (this.phase === 'closing' && this.writer.idle) {
      this.phase = 'ended';
      this.socket.end();
    } else if (this.phase === 'up' && this.queue.ranLow(this.writer.heldBytes)) {
      // In another turn: an owner who then fills the queue again must not keep the process from reading.
      setImmediate(() => this.tellDrain());
    }
  }

  /** Does what is due. Answers when something will be due next, or `Infinity`. */
  checkDeadlines(nowMs: number): number {
    const { handshakeTimeoutMs, idleTimeoutMs, keepAliveMs } = this.host.limits;
    if (this.phase === 'gone') return Infinity;
    if (nowMs >= this.closeByMs) return this.expire('closed');
    if (this.phase === 'opening' && nowMs >= this.openedMs + handshakeTimeoutMs) {
      this.host.counters.handshakeTimeouts++;
      return this.expire(this.connected ? 'handshake-timeout' : 'unreachable');
    }
    if (this.phase === 'opening') return this.openedMs + handshakeTimeoutMs;
    if (this.phase !== 'up') return this.closeByMs;
    // A write that is not done after so long: the other end does not read.
    const silentMs = Math.min(this.progressMs, this.writer.blocked ? this.sentMs : nowMs);
    if (nowMs >= silentMs + idleTimeoutMs) {
      this.host.counters.idleTimeouts++;
      return this.expire('timeout');
    }
    if (this.writer.idle && nowMs >= this.sentMs + keepAliveMs) this.keepAlive(nowMs);
    return Math.min(this.progressMs + idleTimeoutMs, this.sentMs + (this.writer.blocked ? idleTimeoutMs : keepAliveMs));
  }

  private expire(reason: LinkDownReason): number {
    this.fail(reason);
    return Infinity;
  }

  /** An empty frame, when there has been no other for so long: what was heard here says nothing to the other end. */
  private keepAlive(nowMs: number): void {
    this.sentMs = nowMs;
    this.writer.writeRaw(KEEP_ALIVE);
  }

  private tellDrain(): void {
    if (this.phase === 'up') guard(() => this.host.handlers.onDrain(this));
  }

  private flushSoon(): void {
    // A socket that still holds the last write will tell when it is done.
    if (this.flushing || this.writer.blocked) return;
    this.flushing = true;
    this.host.flushSoon(this);
  }

  private onConnect(): void {
    if (this.phase === 'gone') return;
    // A port that nobody listens on may be the one that the system chose to dial from.
    if (this.dialled && this.socket.localPort === this.socket.remotePort && this.socket.localAddress === this.socket.remoteAddress) {
      return this.fail('unreachable');
    }
    this.connected = true;
    this.socket.setNoDelay(true);
    guard(() => this.writer.writeRaw(encodeHello(this.host.hello())));
  }

  private onData(chunk: Uint8Array): void {
    this.heardMs = this.host.clock.nowMs();
    this.host.counters.bytesReceived += chunk.length;
    // No Buffer, whose `slice` does not copy as that of other bytes does.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.helloReader === undefined) this.readFrames(bytes);
    else this.readHello(this.helloReader, bytes);
  }

  private readHello(reader: HelloReader, bytes: Uint8Array): void {
    const result = reader.push(bytes);
    if (result.kind === 'incomplete') return;
    if (result.kind === 'wrong') return this.fail('protocol-error');
    this.helloReader = undefined;
    this.hello = result.hello;
    if (this.phase === 'opening') this.comeUp();
    else if (this.phase === 'closing') this.flushSoon();
    if (result.rest.length > 0) this.readFrames(result.rest);
  }

  private comeUp(): void {
    if (!this.host.admit(this)) return this.abort();
    this.phase = 'up';
    this.told = true;
    this.progressMs = this.heardMs;
    this.host.wakeBy(this.sentMs + Math.min(this.host.limits.keepAliveMs, this.host.limits.idleTimeoutMs));
    guard(() => this.host.handlers.onLinkUp(this));
    if (this.queue.frames > 0) this.flushSoon();
  }

  /** The frames of a chunk are views of it: an owner that keeps a few small ones for long keeps the chunk, and may copy them. */
  private readFrames(bytes: Uint8Array): void {
    const { frames, tooLongBytes } = this.decoder.push(bytes);
    this.partialBytes += bytes.length;
    if (frames.length > 0 || this.partialBytes >= PROGRESS_BYTES) {
      this.progressMs = this.heardMs;
      this.partialBytes = 0;
    }
    for (const frame of frames) {
      if (this.phase === 'gone' || !this.told) return;
      if (frame.length === 0) continue;
      this.host.counters.framesReceived++;
      guard(() => this.host.handlers.onFrame(this, frame));
    }
    if (tooLongBytes !== undefined) this.fail('protocol-error');
  }

  /** The other end sends no more. When both close, it still reads what is on its way out here. */
  private onEnd(): void {
    const bothClose = (this.phase === 'closing' || this.phase === 'ended') && this.helloReader === undefined;
    if (!bothClose) this.fail('closed');
  }

  private onError(error: NodeJS.ErrnoException): void {
    if (!this.connected) this.fail('unreachable');
    else this.fail(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'closed' : 'failed');
  }

  private onClose(): void {
    this.fail('closed');
    this.host.onSocketClosed(this);
  }

  private onWritten(): void {
    if (this.phase === 'up' || this.phase === 'closing') this.flush();
  }
}

/** Bytes of a frame that must come within `idleTimeoutMs` of its beginning, or of as many before: a guess. */
const PROGRESS_BYTES = 1024;

const NOTHING = new Uint8Array(0);

/** A frame of no bytes. */
const KEEP_ALIVE = new Uint8Array(4);

/** Calls code of the owner's. What it throws is thrown again where nothing of the transport is under way: it is neither hidden nor in the way. */
function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
