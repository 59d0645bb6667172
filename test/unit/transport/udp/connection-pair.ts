import { Random } from '../../../../lib/core/random.ts';
import type { TimerHandle } from '../../../../lib/transport/clock.ts';
import { type Delivery, type LinkDownReason, type Priority, TRANSPORT_DEFAULTS, type TransportLimits } from '../../../../lib/transport/transport.ts';
import { type ConnectionOptions, UdpConnection } from '../../../../lib/transport/udp/connection.ts';
import { zeroCounters } from '../../../../lib/transport/udp/counters.ts';
import { type Packet, decodePacket } from '../../../../lib/transport/udp/packet.ts';
import { PacketWriter } from '../../../../lib/transport/udp/packet-writer.ts';
import { type Conditions, PERFECT } from '../../../../sim/stack/datagram-network.ts';
import { VirtualClock } from '../../../../sim/stack/virtual-clock.ts';

/** One end of a pair, with all that it was told. */
export class PairEnd {
  readonly counters = zeroCounters();
  readonly frames: Uint8Array[] = [];
  readonly downs: LinkDownReason[] = [];
  /** Packets that this end has sent, lost or not. */
  readonly sent: Uint8Array[] = [];
  ups = 0;
  drains = 0;
  connection: UdpConnection;
  /** While it is stopped, it takes no packets and no timers: they wait, as for a process that was stopped. */
  stopped = false;
  private readonly pair: ConnectionPair;
  private readonly inbox: (readonly [Packet, number])[] = [];
  private timer: TimerHandle | undefined = undefined;
  private timerMs = Infinity;

  constructor(pair: ConnectionPair, id: number, remote: ConnectionOptions['remote'], limits: TransportLimits) {
    this.pair = pair;
    this.connection = new UdpConnection({
      id, remote, limits, hello: Uint8Array.of(id), writer: new PacketWriter(), counters: this.counters, reassemblyBytesMax: 2 * limits.frameBytesMax,
      events: {
        onUp: () => { this.ups++; },
        onFrame: (frame) => { this.frames.push(frame); },
        onDown: (reason) => { this.downs.push(reason); },
        onDrain: () => { this.drains++; },
      },
    }, pair.clock.nowMs());
  }

  send(frame: Uint8Array, priority: Priority = 'data', delivery: Delivery = 'reliable'): boolean {
    return this.connection.send(frame, undefined, priority, delivery, this.pair.clock.nowMs());
  }

  receive(packet: Packet, bytes: number): void {
    if (this.stopped) {
      this.inbox.push([packet, bytes]);
      return;
    }
    this.connection.onPacket(packet, bytes, this.pair.clock.nowMs());
    this.flush();
  }

  /** Sends what there is and sets the timer. */
  flush(): void {
    if (this.stopped) return;
    const nowMs = this.pair.clock.nowMs();
    for (let packet = this.connection.poll(nowMs); packet !== undefined; packet = this.connection.poll(nowMs)) {
      this.sent.push(packet.slice());
      this.pair.carry(this, packet);
    }
    const dueMs = this.connection.timeoutMs(nowMs);
    if (dueMs === this.timerMs) return;
    this.timer?.cancel();
    this.timerMs = dueMs;
    if (dueMs < Infinity) this.timer = this.pair.clock.setTimer(dueMs - nowMs, () => this.onTimer());
  }

  /** Goes on after it was stopped: timers first, then what has come. */
  resume(): void {
    this.stopped = false;
    if (this.timerMs <= this.pair.clock.nowMs()) this.onTimer();
    for (const [packet, bytes] of this.inbox.splice(0)) this.receive(packet, bytes);
    this.flush();
  }

  private onTimer(): void {
    if (this.stopped) return;
    const dueMs = this.timerMs;
    this.timerMs = Infinity;
    this.connection.onTimeout(dueMs, this.pair.clock.nowMs());
    this.flush();
  }
}

/** Two connections on virtual time, and the path between them. `right` is accepted once `left` has its cookie. */
export class ConnectionPair {
  readonly clock = new VirtualClock();
  readonly left: PairEnd;
  conditions: Conditions;
  private readonly limits: TransportLimits;
  private readonly random: Random;
  private accepted: PairEnd | undefined = undefined;

  constructor({ seed = 1, conditions = PERFECT, limits = {} }: { seed?: number; conditions?: Conditions; limits?: Partial<TransportLimits> } = {}) {
    this.conditions = conditions;
    this.limits = { ...TRANSPORT_DEFAULTS, ...limits };
    this.random = new Random(seed).fork('path');
    this.left = new PairEnd(this, 1, undefined, this.limits);
  }

  get right(): PairEnd {
    if (this.accepted === undefined) throw new Error('nobody has been accepted yet');
    return this.accepted;
  }

  /** A pair that is up at both ends. */
  static up(options: ConstructorParameters<typeof ConnectionPair>[0] = {}): ConnectionPair {
    const pair = new ConnectionPair({ ...options, conditions: PERFECT });
    pair.left.flush();
    pair.advance(10);
    pair.conditions = options.conditions ?? PERFECT;
    return pair;
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }

  flush(): void {
    this.left.flush();
    this.accepted?.flush();
  }

  /** Lets time go on until nothing is queued at either end, or `deadlineMs` is over. */
  settle(deadlineMs: number): boolean {
    const endMs = this.clock.nowMs() + deadlineMs;
    this.flush();
    const queued = (): boolean => this.left.connection.queuedBytes > 0 || (this.accepted?.connection.queuedBytes ?? 1) > 0;
    while (queued() && this.clock.step(endMs));
    return !queued();
  }

  carry(from: PairEnd, packet: Uint8Array): void {
    const { loss, duplication, delayMs, jitterMs } = this.conditions;
    const bytes = packet.slice();
    for (let copies = this.random.chance(duplication) ? 2 : 1; copies > 0; copies--) {
      if (this.random.chance(loss)) continue;
      this.clock.setTimer(delayMs + this.random.float() * jitterMs, () => this.arrive(from === this.left, bytes.slice()));
    }
  }

  private arrive(atRight: boolean, bytes: Uint8Array): void {
    const packet = decodePacket(bytes);
    if (packet === undefined) throw new Error('a connection sent what is no packet');
    if (!atRight) return this.left.receive(packet, bytes.length);
    if (packet.kind === 'init' && packet.cookie.length === 0) {
      if (this.accepted === undefined) this.left.receive({ kind: 'retry', to: packet.from, cookie: Uint8Array.of(7) }, 11);
      return;
    }
    if (packet.kind === 'init') this.accepted ??= new PairEnd(this, 2, { id: packet.from, hello: packet.hello }, this.limits);
    this.accepted?.receive(packet, bytes.length);
  }
}
