import { Random } from '../../lib/core/random.ts';
import type { Clock, TimerHandle } from '../../lib/transport/clock.ts';
import type { CreateSocket, DatagramSocket, DatagramSource } from '../../lib/transport/udp/socket.ts';

/** Time that moves only when it is told to, from one timer to the next. */
export class VirtualClock implements Clock {
  private now = 0;
  private set = 0;
  /** Rising by time, then by when they were set. */
  private readonly timers: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  setTimer(afterMs: number, run: () => void): TimerHandle {
    const timer = { atMs: this.now + Math.max(0, afterMs), order: this.set++, run };
    let [low, high] = [0, this.timers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timers[middle]?.atMs ?? Infinity) <= timer.atMs) low = middle + 1;
      else high = middle;
    }
    this.timers.splice(low, 0, timer);
    return {
      cancel: () => {
        const at = this.timers.indexOf(timer);
        if (at >= 0) this.timers.splice(at, 1);
      },
    };
  }

  /** Runs the next timer if it is due by `untilMs`; answers whether there was one, and moves to `untilMs` otherwise. */
  step(untilMs = Infinity): boolean {
    const next = this.timers[0];
    if (next === undefined || next.atMs > untilMs) {
      if (untilMs < Infinity) this.now = Math.max(this.now, untilMs);
      return false;
    }
    this.timers.shift();
    this.now = next.atMs;
    next.run();
    return true;
  }

  /** Runs all that is due within `ms`. */
  advance(ms: number): void {
    const untilMs = this.now + ms;
    while (this.step(untilMs));
  }

  /** Moves on without running anything, as for a process that was stopped; what was due comes late. */
  skip(ms: number): void {
    this.now += ms;
    for (const timer of this.timers.splice(0)) this.setTimer(Math.max(0, timer.atMs - this.now), timer.run);
  }

  /** Lets time go on until `condition` holds, and promises settle meanwhile; rejects when that takes `deadlineMs`, or when nothing is left to happen. */
  async until(condition: () => boolean, deadlineMs: number): Promise<void> {
    const endMs = this.now + deadlineMs;
    while (!condition()) {
      const idle = !this.step(endMs);
      await new Promise((resolve) => setImmediate(resolve));
      if (idle && !condition()) throw new Error(`not within ${deadlineMs} ms: ${condition.toString()}`);
    }
  }
}

/** What happens to datagrams on their way. */
export interface Conditions {
  /** Probabilities. */
  readonly loss: number;
  readonly duplication: number;
  readonly delayMs: number;
  /** Added at random, 0 to so much; datagrams overtake each other. */
  readonly jitterMs: number;
}

export const PERFECT: Conditions = { loss: 0, duplication: 0, delayMs: 1, jitterMs: 0 };

/** A datagram as it was sent. */
export interface Datagram {
  readonly from: DatagramSource;
  readonly to: DatagramSource;
  readonly bytes: Uint8Array;
}

/** Hosts that send each other datagrams on virtual time; the same seed loses the same ones. */
export class DatagramNetwork {
  conditions: Conditions;
  /** Everything sent so far, lost or not, while this is set. */
  log: Datagram[] | undefined = undefined;
  private readonly clock: VirtualClock;
  private readonly random: Random;
  private readonly sockets = new Map<string, SimulatedSocket>();
  private nextPort = 40_000;

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

  /** Binds a socket; answers the error's code where it cannot be. */
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

  /** Sends as if from `from`, whoever that is. */
  send(from: DatagramSource, to: DatagramSource, bytes: Uint8Array): void {
    const { loss, duplication, delayMs, jitterMs } = this.conditions;
    const sent = bytes.slice();
    this.log?.push({ from, to, bytes: sent });
    for (let copies = this.random.chance(duplication) ? 2 : 1; copies > 0; copies--) {
      if (this.random.chance(loss)) continue;
      this.clock.setTimer(delayMs + this.random.float() * jitterMs, () => this.sockets.get(keyOf(to))?.receive(sent.slice(), from));
    }
  }
}

function keyOf({ address, port }: DatagramSource): string {
  return `${address} ${port}`;
}

/** One socket of `DatagramNetwork`. */
export class SimulatedSocket implements DatagramSocket {
  readonly host: string;
  private readonly network: DatagramNetwork;
  private readonly listeners = new Map<string, ((...told: never[]) => void)[]>();
  private port: number | undefined = undefined;
  private readonly waiting: (() => void)[] = [];
  private closed = false;

  constructor(network: DatagramNetwork, host: string) {
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
