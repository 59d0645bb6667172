import dgram from 'node:dgram';
import { SocketAddress, isIPv4, isIPv6 } from 'node:net';
import type { UdpCounters } from './counters.ts';

/** Asked of the system; it may give less. The default holds some 90 packets, which a short pause of the reader fills. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Where a datagram came from. */
export interface DatagramSource {
  readonly address: string;
  readonly port: number;
}

/** The part of `dgram.Socket` that is used here. */
export interface DatagramSocket {
  bind(options: { readonly address?: string; readonly port: number }): unknown;
  address(): DatagramSource;
  send(bytes: Uint8Array, port: number, address: string, callback: (error: Error | null) => void): void;
  setRecvBufferSize(bytes: number): void;
  close(): unknown;
  on(event: 'message', listener: (bytes: Uint8Array, from: DatagramSource) => void): unknown;
  on(event: 'listening' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Resolves the name of a host, at once; `dgram` takes one, and ours answers with the address that it was given. */
export type Lookup = (host: string, options: unknown, callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void) => void;

/** The part of `dgram.createSocket` that is used here. */
export type CreateSocket = (options: { readonly type: SocketType; readonly lookup: Lookup }) => DatagramSocket;

export type SocketType = 'udp4' | 'udp6';

/** The one of `node:dgram`. */
export const createDatagramSocket: CreateSocket = (options) => dgram.createSocket(options);

/** What a socket tells its transport. */
export interface SocketEvents {
  onDatagram(socket: UdpSocket, bytes: Uint8Array, from: DatagramSource): void;
  /** It could not be bound, and is of no use. */
  onUnbound(socket: UdpSocket, error: NodeJS.ErrnoException): void;
}

/** One bound socket. Errors are counted; only a failure to bind is told. */
export class UdpSocket {
  private readonly socket: DatagramSocket;
  private readonly counters: UdpCounters;
  private state: 'unbound' | 'bound' | 'unusable' = 'unbound';
  private closed: Promise<void> | undefined = undefined;
  private readonly onSent = (error: Error | null): void => {
    if (error !== null) this.counters.sendErrors++;
  };

  constructor(type: SocketType, createSocket: CreateSocket, counters: UdpCounters, events: SocketEvents) {
    this.counters = counters;
    this.socket = createSocket({ type, lookup: answerAddress });
    this.socket.on('message', (bytes, from) => events.onDatagram(this, bytes, from));
    this.socket.on('listening', () => this.enlargeBuffer());
    this.socket.on('error', (error) => {
      counters.socketErrors++;
      if (this.state !== 'unbound') return;
      this.state = 'unusable';
      // A close that waited for the socket to be bound waits no more.
      if (this.closed !== undefined) this.tryClose();
      events.onUnbound(this, error);
    });
  }

  /** Binds it; where there is no `host`, to all addresses and a port that the system picks. What is sent before waits. */
  bind(host: string | undefined, port: number, onBound: (address: DatagramSource) => void): void {
    this.socket.on('listening', () => {
      this.state = 'bound';
      onBound(this.socket.address());
    });
    this.socket.bind(host === undefined ? { port } : { address: host, port });
  }

  send(bytes: Uint8Array, port: number, host: string): void {
    if (this.closed !== undefined || this.state === 'unusable') return;
    this.counters.packetsSent++;
    this.counters.bytesSent += bytes.length;
    try {
      this.socket.send(bytes, port, host, this.onSent);
    } catch {
      // An address that no datagram can go to, port 0 for one.
      this.counters.sendErrors++;
    }
  }

  /** Resolves when it is closed. */
  close(): Promise<void> {
    this.closed ??= new Promise((resolve) => {
      this.socket.on('close', resolve);
      this.tryClose();
    });
    return this.closed;
  }

  private tryClose(): void {
    try {
      this.socket.close();
    } catch {
      // It is closed already.
      this.counters.socketErrors++;
    }
  }

  private enlargeBuffer(): void {
    try {
      this.socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // Some systems refuse what others cut down. The socket works, and loses more.
      this.counters.socketErrors++;
    }
  }
}

/** Hosts are addresses here; the system's way of looking them up takes a turn of the event loop for each packet. */
const answerAddress: Lookup = (host, _options, callback) => callback(null, host, isIPv6(host) ? 6 : 4);

/** An address as sockets tell it, so that two are the same when they are equal; `undefined` where it is none. */
export function canonicalHost(host: string): string | undefined {
  if (isIPv4(host)) return host;
  if (!isIPv6(host)) return undefined;
  const [address = '', zone] = host.split('%');
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return zone === undefined ? unmappedHost(canonical) : `${canonical}%${zone}`;
}

/** The IPv4 address that a socket for both families tells as an IPv6 one. */
export function unmappedHost(host: string): string {
  return host.startsWith('::ffff:') && isIPv4(host.slice(7)) ? host.slice(7) : host;
}
