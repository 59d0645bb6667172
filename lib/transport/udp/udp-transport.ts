import { randomBytes as systemRandomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { OverlayError, assert } from '../../core/errors.ts';
import type { Account } from '../account.ts';
import { type Address, formatAddress } from '../address.ts';
import type { Clock } from '../clock.ts';
import { HELLO_BYTES_MAX, type Link, type LinkDownReason, type Transport, type TransportHandlers, type TransportLimits } from '../transport.ts';
import { Cookies } from './cookie.ts';
import { type UdpCounters, zeroCounters } from './counters.ts';
import type { ConnectionOptions } from './connection.ts';
import { LinkTable } from './link-table.ts';
import { CLOSE_CODE, type InitPacket, type Packet, decodePacket } from './packet.ts';
import { PacketWriter } from './packet-writer.ts';
import { type CreateSocket, type DatagramSource, type SocketType, UdpSocket, canonicalHost, createDatagramSocket } from './socket.ts';
import { type LinkHost, UdpLink } from './udp-link.ts';

/** What a UDP transport is made of. */
export interface UdpTransportOptions {
  readonly handlers: TransportHandlers;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  /** Bytes that each link says of this end first, `HELLO_BYTES_MAX` at most; asked for once per link. */
  readonly hello: () => Uint8Array;
  /** Bytes that nobody can guess; default: the system's. */
  readonly randomBytes?: (count: number) => Uint8Array;
  /** Default: that of `node:dgram`. The bytes of a message belong to the receiver. */
  readonly createSocket?: CreateSocket;
  /** Calls `run` when all that has arrived by now is read; default `setImmediate`. On virtual time, a timer of 0 ms. */
  readonly defer?: (run: () => void) => void;
  /** Bytes of one link's frames that have arrived in part, at most; default twice `frameBytesMax`. The same at both ends. */
  readonly reassemblyBytesMax?: number;
}

/**
 * Links over UDP: datagrams of at most 1200 bytes, many links behind one socket.
 * PROTOCOL.md describes what they say, section "Datagrams".
 *
 * What is sent within one turn of the event loop shares packets. Frames are delivered
 * in the order in which they get whole. An error that a handler of the owner's throws
 * is an uncaught exception of the process; the transport has done its own by then.
 */
export class UdpTransport implements Transport {
  readonly transport = 'udp';
  readonly counters: UdpCounters = zeroCounters();
  private readonly options: Required<UdpTransportOptions>;
  private readonly host: LinkHost;
  private readonly table: LinkTable;
  private readonly cookies: Cookies;
  private readonly writer = new PacketWriter();
  /** The sockets from which links are dialled, by where they reach. */
  private readonly sockets = new Map<string, UdpSocket>();
  private readonly open = new Set<UdpSocket>();
  /** Whose packets may lead to new links. */
  private listening: UdpSocket | undefined = undefined;
  /** Told without an error when the transport is closed. */
  private onListenFailed: (error: NodeJS.ErrnoException | undefined) => void = () => {};
  private toFlush = new Set<UdpLink>();
  private closed: Promise<void> | undefined = undefined;
  private onAllGone: () => void = () => {};

  constructor(options: UdpTransportOptions) {
    this.options = {
      randomBytes: systemRandomBytes,
      createSocket: createDatagramSocket,
      defer: setImmediate,
      reassemblyBytesMax: 2 * options.limits.frameBytesMax,
      ...options,
    };
    const { clock, handlers, randomBytes } = this.options;
    this.table = new LinkTable(randomBytes);
    this.cookies = new Cookies(randomBytes);
    this.host = {
      clock, handlers, guard,
      admit: (link) => this.admit(link),
      onClosing: (link) => this.onClosing(link),
      onGone: (link) => this.onGone(link),
      flushSoon: (link) => this.flushSoon(link),
    };
  }

  listen(address: Address): Promise<Address> {
    assert(this.listening === undefined, 'a transport listens once');
    const host = canonicalHost(address.host);
    if (host === undefined) return Promise.reject(new OverlayError('INVALID_OPTION', `listen: expected an IP address, got ${formatAddress(address)}.`));
    if (this.closed !== undefined) return Promise.reject(closedError(address));
    const socket = this.listening = this.openSocket(typeOf(host), isUnspecified(host) ? [LOOPBACK[typeOf(host)], host] : [host]);
    return new Promise((resolve, reject) => {
      this.onListenFailed = (error) => reject(error === undefined ? closedError(address) : listenError(error, address));
      socket.bind(host, address.port, (bound) => resolve({ transport: 'udp', host: bound.address, port: bound.port }));
    });
  }

  dial(address: Address): Link {
    const host = canonicalHost(address.host);
    const refusal = this.refusalOf(host, address.port);
    const socket = host === undefined || refusal !== undefined || this.closed !== undefined ? undefined : this.socketFor(host);
    const link = this.makeLink(socket, host ?? address.host, address.port, address, undefined);
    this.counters.dialled++;
    if (this.closed !== undefined) {
      link.abort(CLOSE_CODE.done);
    } else if (refusal !== undefined) {
      if (refusal === 'too-many') this.counters.refusedLinks++;
      this.options.defer(() => link.fail(refusal));
    } else {
      this.table.add(link);
      this.flushSoon(link);
    }
    return link;
  }

  close(): Promise<void> {
    this.closed ??= this.closeAll();
    return this.closed;
  }

  /** What its counters, and those of its links, say beside what is there. */
  accounts(): Account[] {
    return [...this.table.accounts(this.options.limits), ...this.table.all().flatMap(({ connection }) => connection.accounts())];
  }

  private async closeAll(): Promise<void> {
    this.onListenFailed(undefined);
    for (const link of this.table.all()) {
      if (link.state === 'opening' && !link.dialled) link.abort(CLOSE_CODE.done);
      else link.close();
    }
    await new Promise<void>((resolve) => {
      this.onAllGone = resolve;
      if (this.table.empty) resolve();
    });
    await Promise.all([...this.open].map((socket) => socket.close()));
  }

  private refusalOf(host: string | undefined, port: number): LinkDownReason | undefined {
    if (this.table.count >= this.options.limits.linksMax) return 'too-many';
    return host === undefined || port < 1 || port > 65_535 ? 'unreachable' : undefined;
  }

  /** The socket from which links to `host` are dialled: not one that is bound to the loopback when the host is elsewhere. */
  private socketFor(host: string): UdpSocket {
    const known = this.sockets.get(reachOf(host));
    if (known !== undefined) return known;
    const socket = this.openSocket(typeOf(host), [host]);
    socket.bind(undefined, 0, () => {});
    return socket;
  }

  /** @param hosts one for each place that the socket reaches. */
  private openSocket(type: SocketType, hosts: readonly string[]): UdpSocket {
    const socket = new UdpSocket(type, this.options.createSocket, this.counters, {
      onDatagram: (on, bytes, from) => this.onDatagram(on, bytes, from),
      onUnbound: (on, error) => this.onUnbound(on, error),
    });
    for (const host of hosts) this.sockets.set(reachOf(host), socket);
    this.open.add(socket);
    return socket;
  }

  private onUnbound(socket: UdpSocket, error: NodeJS.ErrnoException): void {
    for (const [reach, known] of this.sockets) if (known === socket) this.sockets.delete(reach);
    void socket.close().then(() => this.open.delete(socket));
    if (socket === this.listening) this.onListenFailed(error);
    for (const link of this.table.all()) if (link.socket === socket) link.fail('failed');
  }

  private makeLink(socket: UdpSocket | undefined, host: string, port: number, dialled: Address | undefined, remote: ConnectionOptions['remote']): UdpLink {
    const { hello, limits, reassemblyBytesMax } = this.options;
    return new UdpLink(this.host, socket, host, port, dialled, {
      id: this.table.freshId(), remote, hello: hello(), limits, reassemblyBytesMax, counters: this.counters, writer: this.writer,
    });
  }

  private onDatagram(socket: UdpSocket, message: Uint8Array, from: DatagramSource): void {
    const { counters } = this;
    counters.packetsReceived++;
    counters.bytesReceived += message.length;
    // No Buffer, whose `slice` does not copy as that of other bytes does.
    const packet = decodePacket(new Uint8Array(message.buffer, message.byteOffset, message.length));
    if (packet === undefined) {
      counters.malformedPackets++;
      return;
    }
    if (packet.kind === 'init') return this.onInit(packet, message.length, socket, from);
    const link = this.table.get(packet.to);
    if (link === undefined) return this.onStray(packet, socket, from);
    if (link.socket !== socket || link.host !== from.address || link.port !== from.port) counters.wrongAddresses++;
    else link.onPacket(packet, message.length, this.options.clock.nowMs());
  }

  /** A stranger gets a cookie, and nothing is kept of it until that comes back. */
  private onInit(packet: InitPacket, bytes: number, socket: UdpSocket, { address, port }: DatagramSource): void {
    const { counters, cookies, writer, options: { clock, limits } } = this;
    if (socket !== this.listening || this.closed !== undefined) {
      counters.notListening++;
      return;
    }
    const nowMs = clock.nowMs();
    const known = this.table.openedBy(address, port, packet.from);
    if (known !== undefined) return known.onPacket(packet, bytes, nowMs);
    if (!cookies.isValid(packet.cookie, address, port, packet.from, nowMs)) {
      if (packet.cookie.length > 0) counters.wrongCookies++;
      counters.cookiesSent++;
      socket.send(writer.retry(packet.from, cookies.mint(address, port, packet.from, nowMs)), port, address);
    } else if (packet.hello.length > HELLO_BYTES_MAX) {
      counters.malformedPackets++;
    } else if (this.table.count >= limits.linksMax) {
      counters.refusedLinks++;
      socket.send(writer.farewell(packet.from, 0, CLOSE_CODE.tooMany), port, address);
    } else {
      this.accept(packet, socket, address, port);
    }
  }

  private accept({ from, hello }: InitPacket, socket: UdpSocket, host: string, port: number): void {
    const link = this.makeLink(socket, host, port, undefined, { id: from, hello: hello.slice() });
    this.table.add(link);
    this.counters.accepted++;
    this.flushSoon(link);
    if (this.table.pendingCount <= this.options.limits.pendingMax) return;
    this.counters.refusedPending++;
    this.table.oldestPending()?.abort(CLOSE_CODE.tooMany);
  }

  /** The end of a link that is closed here may not have heard of it. What closes it there is not answered. */
  private onStray(packet: Packet, socket: UdpSocket, { address, port }: DatagramSource): void {
    this.counters.unknownLinks++;
    if (packet.kind !== 'data' || packet.chunks.some(({ kind }) => kind === 'close')) return;
    const farewell = this.table.farewellOf(packet.to, address, port, this.writer);
    if (farewell !== undefined) socket.send(farewell, port, address);
  }

  private admit(link: UdpLink): boolean {
    if (!link.dialled) {
      if (this.table.count >= this.options.limits.linksMax) {
        this.counters.refusedLinks++;
        return false;
      }
      this.table.settle(link);
    }
    this.counters.up++;
    return true;
  }

  /** A closing link gives its place away at once; so that they do not pile up, there are as many of them at most. */
  private onClosing(link: UdpLink): void {
    this.table.setClosing(link);
    if (this.table.closingCount > this.options.limits.linksMax) this.table.oldestClosing()?.abort(CLOSE_CODE.done);
  }

  private onGone(link: UdpLink): void {
    this.table.remove(link);
    if (this.table.empty) this.onAllGone();
  }

  private flushSoon(link: UdpLink): void {
    if (this.toFlush.size === 0) this.options.defer(() => this.flushAll());
    this.toFlush.add(link);
  }

  private flushAll(): void {
    const links = this.toFlush;
    this.toFlush = new Set();
    for (const link of links) link.flush();
  }
}

/** Calls into the owner's code: what goes wrong there is not to end halfway what is under way here. */
function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => { throw error; });
  }
}

function typeOf(host: string): SocketType {
  return isIPv6(host) ? 'udp6' : 'udp4';
}

function closedError(address: Address): OverlayError {
  return new OverlayError('CLOSED', `listen: ${formatAddress(address)} on a transport that is closed.`);
}

function listenError(error: NodeJS.ErrnoException, address: Address): OverlayError {
  const where = formatAddress(address);
  if (error.code === 'EADDRINUSE') return new OverlayError('ADDRESS_IN_USE', `listen: ${where} is in use already (${error.message}).`);
  return new OverlayError('INVALID_OPTION', `listen: expected an address of this machine, got ${where} (${error.message}).`);
}

const LOOPBACK: Readonly<Record<SocketType, string>> = { udp4: '127.0.0.1', udp6: '::1' };

/** Where a socket that is bound to `host`, or sends there, reaches. */
function reachOf(host: string): string {
  return `${typeOf(host)} ${host === LOOPBACK.udp6 || host.startsWith('127.') ? 'loopback' : 'network'}`;
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
