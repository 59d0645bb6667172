import type { DatagramSource } from '../../lib/transport/udp/socket.ts';
import type { SimulatedSocket } from './simulated-socket.ts';

/** The first port of those that nobody asked for. */
const FREE_PORT = 40_000;

/** The sockets of a network, by the address that each is bound to. */
export class BoundSockets {
  private readonly sockets = new Map<string, SimulatedSocket>();
  private nextPort = FREE_PORT;

  get size(): number {
    return this.sockets.size;
  }

  /** @param port 0 for any that is free. */
  bind(socket: SimulatedSocket, port: number): number | 'EADDRINUSE' {
    const bound = port === 0 ? this.nextPort++ : port;
    const key = keyOf({ address: socket.host, port: bound });
    if (this.sockets.has(key)) return 'EADDRINUSE';
    this.sockets.set(key, socket);
    return bound;
  }

  unbind(address: DatagramSource): void {
    this.sockets.delete(keyOf(address));
  }

  find(address: DatagramSource): SimulatedSocket | undefined {
    return this.sockets.get(keyOf(address));
  }

  /** How many there are on the host. */
  countOn(host: string): number {
    let count = 0;
    for (const socket of this.sockets.values()) if (socket.host === host) count++;
    return count;
  }

  unbindAll(host: string): void {
    for (const [key, socket] of this.sockets) if (socket.host === host) this.sockets.delete(key);
  }
}

function keyOf({ address, port }: DatagramSource): string {
  return `${address} ${port}`;
}
