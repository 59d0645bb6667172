import { Random } from '../../lib/core/random.ts';
import type { CreateSocket, DatagramSource } from '../../lib/transport/udp/socket.ts';
import { BoundSockets } from './bound-sockets.ts';
import { type Datagrams, SimulatedSocket } from './simulated-socket.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What happens to datagrams on their way. */
export interface Conditions {
  /** Probabilities. */
  readonly loss: number;
  readonly duplication: number;
  readonly delayMs: number;
  /** Added at random, 0 to so much; datagrams overtake each other. */
  readonly jitterMs: number;
}

/** Nothing is lost, and all takes 1 ms. */
export const PERFECT: Conditions = { loss: 0, duplication: 0, delayMs: 1, jitterMs: 0 };

/** A datagram as it was sent. */
export interface Datagram {
  readonly from: DatagramSource;
  readonly to: DatagramSource;
  readonly bytes: Uint8Array;
}

/** Hosts that send each other datagrams on virtual time; the same seed loses the same ones. */
export class DatagramNetwork implements Datagrams {
  conditions: Conditions;
  /** Everything sent so far, lost or not, while this is set. */
  log: Datagram[] | undefined = undefined;
  private readonly clock: VirtualClock;
  private readonly random: Random;
  private readonly sockets = new BoundSockets();

  constructor(clock: VirtualClock, seed: number, conditions: Conditions = PERFECT) {
    this.clock = clock;
    this.random = new Random(seed).fork('datagrams');
    this.conditions = conditions;
  }

  /** How many sockets are bound. */
  get open(): number {
    return this.sockets.size;
  }

  /** What a process on that host calls `createSocket`. */
  creatorFor(host: string): CreateSocket {
    return () => new SimulatedSocket(this, host);
  }

  bind(socket: SimulatedSocket, port: number): number | 'EADDRINUSE' {
    return this.sockets.bind(socket, port);
  }

  unbind(address: DatagramSource): void {
    this.sockets.unbind(address);
  }

  /** Sends as if from `from`, whoever that is. */
  send(from: DatagramSource, to: DatagramSource, bytes: Uint8Array): void {
    const { loss, duplication, delayMs, jitterMs } = this.conditions;
    const sent = bytes.slice();
    this.log?.push({ from, to, bytes: sent });
    for (let copies = this.random.chance(duplication) ? 2 : 1; copies > 0; copies--) {
      if (this.random.chance(loss)) continue;
      this.clock.setTimer(delayMs + this.random.float() * jitterMs, () => this.sockets.find(to)?.receive(sent.slice(), from));
    }
  }
}

