import type { DatagramSocket, DatagramSource } from '../../lib/transport/udp/socket.ts';

/** What carries datagrams between simulated sockets. */
export interface Datagrams {
  /** Binds a socket, to a port of the network's choice for 0; answers the port, or the error's code where it cannot be. */
  bind(socket: SimulatedSocket, port: number): number | 'EADDRINUSE';
  unbind(address: DatagramSource): void;
  send(from: DatagramSource, to: DatagramSource, bytes: Uint8Array): void;
}

/** A socket with the shape of `node:dgram`'s, and its habits: what is sent before it is bound waits, errors are events. */
export class SimulatedSocket implements DatagramSocket {
  readonly host: string;
  private readonly network: Datagrams;
  private readonly listeners = new Map<string, ((...told: never[]) => void)[]>();
  private port: number | undefined = undefined;
  private readonly waiting: (() => void)[] = [];
  private closed = false;

  constructor(network: Datagrams, host: string) {
    this.network = network;
    this.host = host;
  }

  bind({ address, port }: { readonly address?: string; readonly port: number }): void {
    queueMicrotask(() => {
      if (this.closed) return;
      const known = address === undefined || address === '0.0.0.0' || address === '::' || address === this.host;
      const bound = known ? this.network.bind(this, port) : 'EADDRNOTAVAIL';
      if (typeof bound === 'string') return this.emit('error', Object.assign(new Error(`bind ${bound}`), { code: bound }));
      this.port = bound;
      this.emit('listening');
      for (const send of this.waiting.splice(0)) send();
    });
  }

  address(): DatagramSource {
    return { address: this.host, port: this.port ?? 0 };
  }

  send(bytes: Uint8Array, port: number, address: string, callback: (error: Error | null) => void): void {
    if (this.closed) throw new Error('Not running');
    if (port < 1 || port > 65_535) throw new RangeError('Bad port');
    if (this.port === undefined) this.waiting.push(() => this.send(bytes, port, address, callback));
    else this.network.send(this.address(), { address, port }, bytes);
  }

  setRecvBufferSize(): void {}

  close(): void {
    if (this.closed) throw new Error('Not running');
    this.closed = true;
    if (this.port !== undefined) this.network.unbind(this.address());
    queueMicrotask(() => this.emit('close'));
  }

  on(event: string, listener: (...told: never[]) => void): this {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
    return this;
  }

  receive(bytes: Uint8Array, from: DatagramSource): void {
    if (!this.closed) this.emit('message', bytes, from);
  }

  private emit(event: string, ...told: unknown[]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(...(told as never[]));
  }
}
