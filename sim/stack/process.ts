import { OverlayError } from '../../lib/core/errors.ts';
import type { Random } from '../../lib/core/random.ts';
import type { Environment } from '../../lib/node/environment.ts';
import type { Clock, TimerHandle } from '../../lib/transport/clock.ts';
import type { Transport } from '../../lib/transport/transport.ts';
import type { DatagramSource } from '../../lib/transport/udp/socket.ts';
import { UdpTransport } from '../../lib/transport/udp/udp-transport.ts';
import { type Datagrams, SimulatedSocket } from './simulated-socket.ts';
import { addressOf } from './underlay-network.ts';
import type { StackWorld } from './world.ts';

/** What a process is started with. */
export interface ProcessOptions {
  readonly host: number;
  /** Counts the processes of the host, from 1; the epochs of its peer follow from it. */
  readonly incarnation: number;
  readonly random: Random;
  /** Bytes of frames that have come in part on one link; `undefined` for the default. */
  readonly reassemblyBytesMax: number | undefined;
  /** The address that any name stands for now; `undefined` where nobody answers to it. */
  readonly resolve: () => string | undefined;
}

/**
 * A process on a machine of a world, as a live peer sees it: the environment that
 * `openPeer` takes. When it is killed nothing of it happens any more, and its sockets
 * are gone.
 */
export class StackProcess implements Clock, Datagrams {
  readonly host: number;
  readonly incarnation: number;
  alive = true;
  /** Timers of its peer that are set. */
  timers = 0;
  /** By host: frames that have gone there and come from there. */
  readonly frames = new Map<number, number>();
  readonly environment: Environment;
  /** Of its peer, once there is one. */
  transport: UdpTransport | undefined = undefined;
  private readonly world: StackWorld;

  constructor(world: StackWorld, { host, incarnation, random, resolve, reassemblyBytesMax }: ProcessOptions) {
    this.world = world;
    this.host = host;
    this.incarnation = incarnation;
    const bytes = random.fork('bytes');
    const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => bytes.below(256));
    this.environment = {
      clock: this,
      randomBytes,
      randomSeed: () => random.uint32(),
      epoch: () => incarnation * EPOCHS_A_PROCESS,
      resolve: async (name) => {
        world.touch();
        if (/^[\d.]+$/.test(name)) return [name];
        const address = resolve();
        if (address === undefined) throw new Error(`nobody answers to ${name}`);
        return [address];
      },
      outwardAddress: () => addressOf(host),
      makeTransport: (kind, { handlers, ...parts }) => {
        if (kind === 'tcp') return NO_TCP;
        const defer = (run: () => void): void => void this.setAfter(0, run);
        const createSocket = (): SimulatedSocket => new SimulatedSocket(this, addressOf(host));
        const { limits } = parts;
        const watched = world.watch.handlers(this, handlers, limits);
        this.transport = new UdpTransport({ ...parts, handlers: watched, randomBytes, createSocket, defer, ...(reassemblyBytesMax !== undefined && { reassemblyBytesMax }) });
        return world.watch.transport(this, this.transport, limits);
      },
    };
  }

  nowMs(): number {
    return this.world.machine(this.host).nowMs();
  }

  setTimer(afterMs: number, run: () => void): TimerHandle {
    this.timers++;
    let isSet = true;
    const end = (): void => {
      if (isSet) this.timers--;
      isSet = false;
    };
    const timer = this.setAfter(this.world.machine(this.host).spanMs(afterMs), () => {
      end();
      run();
    });
    return {
      cancel: () => {
        end();
        timer.cancel();
      },
    };
  }

  /** A promise of this process may have been settled, or is about to be. */
  touch(): void {
    this.world.touch();
  }

  bind(socket: SimulatedSocket, port: number): number | 'EADDRINUSE' {
    return this.world.network.bind(socket, port);
  }

  unbind(address: DatagramSource): void {
    if (this.alive) this.world.network.unbind(address);
  }

  send(from: DatagramSource, to: DatagramSource, bytes: Uint8Array): void {
    if (this.alive) this.world.network.send(from, to, bytes);
  }

  /** It ends without a word. */
  kill(): void {
    this.alive = false;
    this.world.network.unbindAll(this.host);
  }

  /** After so many ms of the world. */
  private setAfter(ms: number, run: () => void): TimerHandle {
    const machine = this.world.machine(this.host);
    let cancelled = false;
    const timer = this.world.clock.setTimer(ms, () => {
      if (this.alive) machine.take({ kind: 'timer', run: () => { if (this.alive && !cancelled) run(); } });
    });
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }
}

/** More than the times that a peer may leave a group and join again. */
const EPOCHS_A_PROCESS = 1000;

/** Peers of a world know no address that TCP would be dialled at. */
const NO_TCP: Transport = {
  transport: 'tcp',
  listen: () => Promise.reject(new OverlayError('INVALID_OPTION', 'listen: expected a UDP address, since nothing else is simulated.')),
  dial: () => { throw new OverlayError('INVALID_OPTION', 'dial: expected a UDP address, since nothing else is simulated.'); },
  close: () => Promise.resolve(),
  counters: {},
};
