import type { GroupConfig } from '../core/config.ts';
import type { Effects, ProtocolEvent, Timer } from '../core/effects.ts';
import { type GroupRef, PEER_GROUP, type PeerRef } from '../core/ids.ts';
import type { DataMessage, Message } from '../core/messages.ts';
import type { Random } from '../core/random.ts';
import { FailureDetector } from '../membership/failure-detector.ts';
import { PeerEngine } from '../peer/engine.ts';
import type { PublishOutcome } from '../peer/group.ts';
import type { Clock } from '../transport/clock.ts';
import type { Priority } from '../transport/transport.ts';
import { Codec } from '../wire/codec.ts';
import { DATA_TYPE } from '../wire/kind-codes.ts';
import { guarded } from './guarded.ts';
import type { LinkTable } from './link-table.ts';
import type { PeerConfig } from './options.ts';
import type { PeerTable } from './peer-table.ts';
import { RoundTrips } from './round-trips.ts';
import { TimerQueue } from './timer-queue.ts';
import { Tracer } from './tracer.ts';

/** What the driver tells a group of what happens in it. */
export interface GroupHooks {
  onDelivery(message: DataMessage, from: PeerRef): void;
  onEvent(event: ProtocolEvent): void;
  /** A control message has gone to a peer, or come from one. */
  onControl(peer: PeerRef, message: Message, sent: boolean): void;
}

/** What a driver is put together from. */
export interface DriverParts {
  readonly table: PeerTable;
  readonly links: LinkTable;
  readonly clock: Clock;
  readonly config: PeerConfig;
  readonly epoch: number;
  readonly random: Random;
  /** What the failure detector reports. */
  readonly onPeerEvent: (event: ProtocolEvent) => void;
}

/**
 * Drives one peer's engine and failure detector with the world outside: frames and
 * timers go in, effects come out. The counterpart of `World` in the simulator.
 *
 * What protocols deliver and report is handed on after they have answered, so that an
 * application may publish or leave from within its callbacks.
 */
export class Driver implements Effects {
  readonly engine: PeerEngine;
  readonly detector: FailureDetector | undefined;
  readonly codec: Codec;
  readonly tracer: Tracer;
  readonly roundTrips: RoundTrips;
  private readonly table: PeerTable;
  private readonly links: LinkTable;
  private readonly clock: Clock;
  private readonly timers: TimerQueue<Timer>;
  private readonly onPeerEvent: (event: ProtocolEvent) => void;
  private readonly hooks = new Map<GroupRef, GroupHooks>();
  private outbox: News[] = [];
  private depth = 0;
  private telling = false;
  private closed = false;
  /** What was encoded last: a message goes to several neighbours at once. */
  private encoded: Message | undefined = undefined;
  private head: Uint8Array = new Uint8Array(0);
  /** Neighbours that took, and refused, a payload since `publish` began. */
  private taken = 0;
  readonly counters = { framesDropped: 0, payloadsRefused: 0, controlRefused: 0 };

  constructor({ table, links, clock, config, epoch, random, onPeerEvent }: DriverParts) {
    this.table = table;
    this.links = links;
    this.clock = clock;
    this.codec = new Codec(table);
    this.tracer = new Tracer(table);
    this.engine = new PeerEngine(table.self.ref, epoch, random.fork('engine'), (peer) => table.idOf(peer));
    this.detector = config.failureDetector === undefined ? undefined : new FailureDetector(table.self.ref, config.failureDetector, random.fork('failure detector'));
    this.onPeerEvent = onPeerEvent;
    this.roundTrips = new RoundTrips((peer, seq) => this.sendUnreliable(peer, { kind: 'ping', group: PEER_GROUP, seq, suspected: false }));
    this.timers = new TimerQueue(clock, (timer) => this.onTimer(timer));
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  join(group: GroupRef, config: GroupConfig, peers: readonly PeerRef[], hooks: GroupHooks): void {
    this.run(() => {
      this.hooks.set(group, hooks);
      this.engine.join(group, config, peers, this.nowMs, this);
    });
  }

  leave(group: GroupRef): void {
    this.run(() => {
      this.engine.leave(group, this.nowMs, this);
      this.hooks.delete(group);
    });
  }

  /** `sentTo` counts the neighbours whose link took the message. */
  publish(group: GroupRef, payload: Uint8Array): PublishOutcome {
    return this.run(() => {
      this.taken = 0;
      const outcome = this.engine.publish(group, payload, this.nowMs, this);
      return { ...outcome, sentTo: this.taken };
    });
  }

  addContact(group: GroupRef, contact: PeerRef): void {
    this.run(() => this.engine.addContact(group, contact, this.nowMs, this));
  }

  onFrame(from: PeerRef, frame: Uint8Array): void {
    if (this.closed) return;
    // A payload is kept for long: it must not keep a large chunk of the stream alive.
    const own = frame[0] === DATA_TYPE && 2 * frame.length < frame.buffer.byteLength ? Buffer.from(frame) : frame;
    const message = this.codec.decode(own);
    if (message === undefined) {
      this.counters.framesDropped++;
      return;
    }
    if (this.tracer.active) this.tracer.onArrival(from, message);
    this.depth++;
    try {
      this.dispatch(from, message, this.nowMs);
    } finally {
      this.depth--;
      if (this.depth === 0) this.tell();
    }
  }

  onPeerDown(peer: PeerRef): void {
    this.run(() => this.engine.onLinkDown(peer, this.nowMs, this));
  }

  /** Nothing goes in or out any more. */
  close(): void {
    this.closed = true;
    this.timers.clear();
  }

  send(to: PeerRef, message: Message): void {
    this.transmit(to, message, true);
  }

  sendUnreliable(to: PeerRef, message: Message): void {
    this.transmit(to, message, false);
  }

  setTimer(timer: Timer, afterMs: number): void {
    if (!this.closed) this.timers.add(timer, afterMs);
  }

  deliver(message: DataMessage, from: PeerRef): void {
    if (this.tracer.active) this.tracer.onDelivery(from, message);
    // A peer's own messages are not news to it; what it published before it was started anew it has forgotten.
    const hooks = this.hooks.get(message.group);
    if (hooks !== undefined && (message.origin !== this.table.self.ref || message.epoch !== this.engine.group(message.group)?.epoch)) this.outbox.push({ kind: 'delivery', hooks, message, from });
  }

  emit(event: ProtocolEvent): void {
    if (this.tracer.active) this.tracer.onEvent(event);
    this.outbox.push({ kind: 'event', hooks: this.hooks.get(event.group), event });
  }

  openLink(peer: PeerRef): void {
    this.links.want(peer);
    this.detector?.watch(peer, this.nowMs, this);
  }

  closeLink(peer: PeerRef): void {
    this.links.unwant(peer);
    if (!this.links.isWanted(peer)) this.detector?.unwatch(peer);
  }

  /** Runs what lets protocols act, and then tells what they reported. */
  run<T>(action: () => T): T {
    this.depth++;
    try {
      return action();
    } finally {
      this.depth--;
      if (this.depth === 0) this.tell();
    }
  }

  /** In order, also where a callback leads to more: that is told after what was there before. */
  private tell(): void {
    if (this.telling) return;
    this.telling = true;
    try {
      while (this.outbox.length > 0) {
        const news = this.outbox;
        this.outbox = [];
        for (const one of news) guarded(() => this.tellOne(one));
      }
    } finally {
      this.telling = false;
    }
  }

  private tellOne(news: News): void {
    if (news.kind === 'delivery') news.hooks.onDelivery(news.message, news.from);
    else if (news.event.group === PEER_GROUP) this.onPeerEvent(news.event);
    else news.hooks?.onEvent(news.event);
  }

  private dispatch(from: PeerRef, message: Message, nowMs: number): void {
    if (message.group === PEER_GROUP) {
      if (message.kind === 'ack') this.roundTrips.onAck(from, message.seq, nowMs);
      this.detector?.onMessage(from, message, nowMs, this);
    } else {
      if (message.kind !== 'data') this.hooks.get(message.group)?.onControl(from, message, false);
      this.engine.onMessage(from, message, nowMs, this);
    }
  }

  private onTimer(timer: Timer): void {
    if (this.closed) return;
    this.run(() => {
      if (timer.group === PEER_GROUP) this.onDetectorTimer(timer);
      else this.engine.onTimer(timer, this.nowMs, this);
    });
  }

  /** Whatever came over a link, parts of a large frame included, was a sign of life. */
  private onDetectorTimer(timer: Timer): void {
    const { detector } = this;
    if (detector === undefined) return;
    detector.eachPeer((peer) => {
      const heardMs = this.links.heardMs(peer);
      if (heardMs > (detector.state(peer)?.heardMs ?? Infinity)) detector.onHeard(peer, heardMs);
    });
    detector.onTimer(timer, this.nowMs, this);
  }

  private transmit(to: PeerRef, message: Message, reliable: boolean): void {
    if (this.closed) return;
    const delivery = reliable ? 'reliable' : 'unreliable';
    const head = this.headOf(message);
    const body = message.kind === 'data' ? message.payload : undefined;
    const sent = this.links.send(to, head, body, priorityOf(message), delivery, message.kind === 'data' && message.repair);
    if (this.tracer.active) this.tracer.onTransmission(to, message, head.length + (body?.length ?? 0), sent);
    if (message.kind !== 'data') {
      if (!sent) this.counters.controlRefused++;
      this.hooks.get(message.group)?.onControl(to, message, true);
    } else if (sent) this.taken++;
    else this.counters.payloadsRefused++;
  }

  /** The bytes of a message, its payload apart. */
  private headOf(message: Message): Uint8Array {
    if (message !== this.encoded) {
      this.head = message.kind === 'data' ? this.codec.headerOf(message) : this.codec.encode(message);
      this.encoded = message;
    }
    return this.head;
  }
}

/** What is to be told once the protocols have answered, and whom: a group may be left and joined again meanwhile. */
type News =
  | { readonly kind: 'delivery'; readonly hooks: GroupHooks; readonly message: DataMessage; readonly from: PeerRef }
  | { readonly kind: 'event'; readonly hooks: GroupHooks | undefined; readonly event: ProtocolEvent };

function priorityOf({ kind }: Message): Priority {
  if (kind === 'data') return 'data';
  return kind === 'iHave' ? 'announcement' : 'control';
}
