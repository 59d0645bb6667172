import { type Server, Socket, createServer, isIP } from 'node:net';
import { OverlayError, assert } from '../../core/errors.ts';
import { type Address, formatAddress } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { Link, Transport, TransportHandlers, TransportLimits } from '../transport.ts';
import { type TcpCounters, zeroCounters } from './counters.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { type LinkHost, TcpLink } from './tcp-link.ts';

/** What a TCP transport is made of. */
export interface TcpTransportOptions {
  readonly handlers: TransportHandlers;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  /** Bytes that each link says of this end first, `HELLO_BYTES_MAX` at most; asked for once per link. */
  readonly hello: () => Uint8Array;
}

/**
 * Links over TCP: a stream each way, of frames that begin with their length.
 *
 * The first frame is a hello. A frame of no bytes is a sign of life. What is sent
 * within one turn of the event loop is written together.
 *
 * An error that a handler of the owner's throws is an uncaught exception of the
 * process; the transport has done its own by then.
 */
export class TcpTransport implements Transport {
  readonly transport = 'tcp';
  readonly counters: TcpCounters = zeroCounters();
  private readonly host: LinkHost;
  private readonly deadlines: DeadlineTimer;
  private server: Server | undefined = undefined;
  /** Everything whose socket is open, in the order of opening; the other sets are parts of it. */
  private readonly open = new Set<TcpLink>();
  /** Accepted, without a hello. */
  private readonly pending = new Set<TcpLink>();
  /** Dialled, or up. */
  private readonly links = new Set<TcpLink>();
  /** Closed by the owner, not yet by the other end. */
  private readonly closing = new Set<TcpLink>();
  private toFlush: TcpLink[] = [];
  private listening: Promise<Address> | undefined = undefined;
  private closed: Promise<void> | undefined = undefined;
  private onAllClosed: () => void = () => {};

  constructor({ handlers, clock, limits, hello }: TcpTransportOptions) {
    this.deadlines = new DeadlineTimer(clock, (nowMs) => this.checkDeadlines(nowMs));
    this.host = {
      clock, limits, handlers, hello,
      counters: this.counters,
      admit: (link) => this.admit(link),
      onClosing: (link) => this.onClosing(link),
      onGone: (link) => this.forget(link),
      onSocketClosed: (link) => this.onSocketClosed(link),
      flushSoon: (link) => this.flushSoon(link),
      wakeBy: (atMs) => this.deadlines.wakeBy(atMs),
    };
  }

  listen(address: Address): Promise<Address> {
    assert(this.listening === undefined, 'a transport listens once');
    if (this.closed !== undefined) return Promise.reject(new OverlayError('CLOSED', `listen: the transport for ${formatAddress(address)} is closed.`));
    const server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
    this.server = server;
    this.listening = new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, address)));
      server.listen({ host: address.host, port: address.port }, () => {
        server.removeAllListeners('error');
        server.on('error', () => { this.counters.acceptErrors++; });
        const bound = server.address();
        assert(bound !== null && typeof bound === 'object', 'a server that listens has an address');
        resolve({ transport: 'tcp', host: bound.address, port: bound.port });
      });
    });
    return this.listening;
  }

  dial(address: Address): Link {
    const { host, port } = address;
    const socket = new Socket({ allowHalfOpen: true });
    const link = new TcpLink(this.host, socket, address, true);
    this.counters.dialled++;
    if (this.closed !== undefined) {
      link.abort();
      return link;
    }
    this.open.add(link);
    if (this.links.size >= this.host.limits.linksMax) {
      this.counters.refusedLinks++;
      setImmediate(() => link.fail('too-many'));
      return link;
    }
    this.links.add(link);
    if (isIP(host) === 0 || port < 1 || port > 65_535) {
      setImmediate(() => link.fail('unreachable'));
    } else {
      this.host.wakeBy(this.host.clock.nowMs() + this.host.limits.handshakeTimeoutMs);
      socket.connect({ host, port });
    }
    return link;
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  private async closeAll(): Promise<void> {
    for (const link of this.pending) link.abort();
    for (const link of this.links) link.close();
    const { server } = this;
    // A name that is being looked up would be listened on even after a close.
    await this.listening?.catch(() => {});
    const serverClosed = new Promise<void>((resolve) => {
      if (server?.listening === true) server.close(() => resolve());
      else resolve();
    });
    const socketsClosed = new Promise<void>((resolve) => {
      this.onAllClosed = resolve;
      if (this.open.size === 0) resolve();
    });
    await Promise.all([serverClosed, socketsClosed]);
    this.deadlines.stop();
  }

  private accept(socket: Socket): void {
    const { linksMax, pendingMax, handshakeTimeoutMs } = this.host.limits;
    const { remoteAddress, remotePort } = socket;
    this.counters.accepted++;
    const full = this.links.size >= linksMax;
    if (full) this.counters.refusedLinks++;
    // One that is gone already has no address.
    if (full || this.closed !== undefined || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const link = new TcpLink(this.host, socket, { transport: 'tcp', host: plainHost(remoteAddress), port: remotePort }, false);
    this.open.add(link);
    this.pending.add(link);
    this.host.wakeBy(this.host.clock.nowMs() + handshakeTimeoutMs);
    if (this.pending.size > pendingMax) {
      oldest(this.pending)?.abort();
      this.counters.refusedPending++;
    }
  }

  /** Whether a link whose hello has come may be up. */
  private admit(link: TcpLink): boolean {
    if (!link.dialled) {
      if (this.links.size >= this.host.limits.linksMax) {
        this.counters.refusedLinks++;
        return false;
      }
      this.pending.delete(link);
      this.links.add(link);
    }
    this.counters.up++;
    return true;
  }

  /** A closing link gives its place away at once; so that they do not pile up, there are as many of them at most. */
  private onClosing(link: TcpLink): void {
    this.forget(link);
    this.closing.add(link);
    if (this.closing.size > this.host.limits.linksMax) oldest(this.closing)?.abort();
  }

  private forget(link: TcpLink): void {
    this.pending.delete(link);
    this.links.delete(link);
    this.closing.delete(link);
  }

  private onSocketClosed(link: TcpLink): void {
    this.open.delete(link);
    if (this.open.size === 0) this.onAllClosed();
  }

  private checkDeadlines(nowMs: number): number {
    let nextMs = Infinity;
    for (const link of this.open) nextMs = Math.min(nextMs, link.checkDeadlines(nowMs));
    return nextMs;
  }

  /** Before the process reads on: later, more would go together, but measured, it costs latency and saves nothing. */
  private flushSoon(link: TcpLink): void {
    if (this.toFlush.length === 0) process.nextTick(() => this.flushAll());
    this.toFlush.push(link);
  }

  private flushAll(): void {
    const links = this.toFlush;
    this.toFlush = [];
    for (const link of links) link.flush();
  }
}

function oldest(links: ReadonlySet<TcpLink>): TcpLink | undefined {
  for (const link of links) return link;
  return undefined;
}

/** An IPv4 peer of a socket that takes both kinds is shown as IPv6. */
function plainHost(host: string): string {
  return /^::ffff:([0-9.]+)$/i.exec(host)?.[1] ?? host;
}

function listenError(error: NodeJS.ErrnoException, address: Address): OverlayError {
  const where = formatAddress(address);
  if (error.code === 'EADDRINUSE') return new OverlayError('ADDRESS_IN_USE', `listen: ${where} is in use already (${error.message}).`);
  return new OverlayError('INVALID_OPTION', `listen: expected an address of this machine, got ${where} (${error.message}).`);
}
