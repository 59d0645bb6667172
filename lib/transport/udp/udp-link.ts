import type { Address } from '../address.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import type { Delivery, Link, LinkDownReason, Priority, TransportHandlers } from '../transport.ts';
import { type ConnectionEvents, type ConnectionOptions, UdpConnection } from './connection.ts';
import { CLOSE_CODE, type Packet } from './packet.ts';
import { BURST_PACKETS } from './pacer.ts';
import { type UdpSocket, unmappedHost } from './socket.ts';

/** What a link needs of the transport that it belongs to. */
export interface LinkHost {
  readonly clock: Clock;
  readonly handlers: TransportHandlers;
  /** An accepted link wants to be up: whether there is room for it. */
  admit(link: UdpLink): boolean;
  /** It takes no part any more, though it may have something to send. */
  onClosing(link: UdpLink): void;
  /** It is closed, and has sent its last packet. */
  onGone(link: UdpLink): void;
  /** Calls `link.flush` soon, together with others. */
  flushSoon(link: UdpLink): void;
  /** Calls a handler of the owner's: what it throws is thrown again where nothing of the transport is under way. */
  guard(call: () => void): void;
}

/** Everything that a connection is made of, but to whom it tells what happens. */
export type LinkConnectionOptions = Omit<ConnectionOptions, 'events'>;

/** A connection with its socket, its timer and its owner. */
export class UdpLink implements Link, ConnectionEvents {
  readonly transport = 'udp';
  readonly remote: Address;
  readonly connection: UdpConnection;
  /** None when the link fails before it needs one. */
  readonly socket: UdpSocket | undefined;
  /** The other end's address, as the socket has it. */
  readonly host: string;
  readonly port: number;
  private readonly owner: LinkHost;
  private timer: TimerHandle | undefined = undefined;
  private timerMs = Infinity;
  private gone = false;

  /** @param remote as the owner gave it, when it dialled. */
  constructor(owner: LinkHost, socket: UdpSocket | undefined, host: string, port: number, remote: Address | undefined, options: LinkConnectionOptions) {
    this.owner = owner;
    this.socket = socket;
    this.host = host;
    this.port = port;
    this.remote = remote ?? { transport: 'udp', host: unmappedHost(host), port };
    this.connection = new UdpConnection({ ...options, events: this }, owner.clock.nowMs());
  }

  get dialled(): boolean {
    return this.connection.dialled;
  }

  get state(): 'opening' | 'up' | 'closed' {
    return this.connection.closing ? 'closed' : this.connection.phase;
  }

  get hello(): Uint8Array {
    return this.connection.remoteHello;
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes;
  }

  get rttMs(): number | undefined {
    return this.connection.rttMs;
  }

  get heardMs(): number {
    return this.connection.heardMs;
  }

  send(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery): boolean {
    const taken = this.connection.send(head, body, priority, delivery, this.owner.clock.nowMs());
    if (taken) this.owner.flushSoon(this);
    return taken;
  }

  close(): void {
    if (this.state === 'closed') return;
    this.connection.close(this.owner.clock.nowMs());
    this.leave();
  }

  onPacket(packet: Packet, bytes: number, nowMs: number): void {
    this.connection.onPacket(packet, bytes, nowMs);
    this.owner.flushSoon(this);
  }

  /** Sends what may go now, a burst at most; then others have their turn, and what has come meanwhile is read. */
  flush(): void {
    if (this.gone) return;
    const nowMs = this.owner.clock.nowMs();
    for (let i = 0; i < BURST_PACKETS; i++) {
      const packet = this.connection.poll(nowMs);
      if (packet === undefined) return this.rest(nowMs);
      this.socket?.send(packet, this.port, this.host);
    }
    this.owner.flushSoon(this);
  }

  /** Ends the link at once; the owner hears of it unless it closed it or never knew it. */
  fail(reason: LinkDownReason): void {
    const heard = this.state === 'up' || (this.state === 'opening' && this.dialled);
    this.abort(CLOSE_CODE.done);
    if (heard) this.onDown(reason);
  }

  /** Ends the link at once, with that last word. */
  abort(code: number): void {
    this.connection.abort(code);
    this.leave();
  }

  onUp(): void {
    if (this.owner.admit(this)) this.owner.guard(() => this.owner.handlers.onLinkUp(this));
    else this.abort(CLOSE_CODE.tooMany);
  }

  onFrame(frame: Uint8Array): void {
    this.owner.guard(() => this.owner.handlers.onFrame(this, frame));
  }

  onDown(reason: LinkDownReason): void {
    this.leave();
    this.owner.guard(() => this.owner.handlers.onLinkDown(this, reason));
  }

  onDrain(): void {
    this.owner.guard(() => this.owner.handlers.onDrain(this));
  }

  private leave(): void {
    this.owner.onClosing(this);
    this.owner.flushSoon(this);
  }

  /** Nothing more to send for now. */
  private rest(nowMs: number): void {
    if (this.connection.phase === 'closed') {
      this.gone = true;
      this.timer?.cancel();
      this.owner.onGone(this);
      return;
    }
    const dueMs = this.connection.timeoutMs(nowMs);
    // A timer that is too early costs less than a new one for each packet.
    if (dueMs >= this.timerMs) return;
    this.timer?.cancel();
    this.timerMs = dueMs;
    this.timer = this.owner.clock.setTimer(Math.max(0, dueMs - nowMs), () => this.onTimer());
  }

  private onTimer(): void {
    const dueMs = this.timerMs;
    this.timerMs = Infinity;
    this.connection.onTimeout(dueMs, this.owner.clock.nowMs());
    this.flush();
  }
}
