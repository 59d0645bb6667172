import { EventEmitter } from 'node:events';
import type { ProtocolEvent } from '../core/effects.ts';
import { OverlayError, describe, invalidOption } from '../core/errors.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { DataMessage, Message } from '../core/messages.ts';
import { Plumtree } from '../dissemination/plumtree.ts';
import type { Group as EngineGroup } from '../peer/group.ts';
import type { Account } from '../transport/account.ts';
import type { TransportKind } from '../transport/address.ts';
import { guarded } from './guarded.ts';
import { LinksExplained, type RoleChange } from './links-explained.ts';
import { MessageBuffer } from './message-buffer.ts';
import type { PeerId } from './peer-table.ts';
import type { Peer } from './peer.ts';
import { type Published, Publisher } from './publisher.ts';
import { Received, idOf } from './received.ts';
import { Waiters } from './waiters.ts';

/** A message as the application gets it. */
export interface ReceivedMessage {
  /** The payload, as a copy that is the application's own; made when it is first read. */
  readonly data: Buffer;
  /** Who published it. */
  readonly from: PeerId;
  /** How many messages this publisher had published before it in the group, since it joined. */
  readonly seq: number;
  /** Stands for the message alone: publisher, incarnation and number. */
  readonly id: string;
  /** Overlay links that it crossed. */
  readonly hops: number;
  /** When it was delivered, in ms since 1970. */
  readonly receivedAt: number;
}

/** What a group tells beside its messages. */
export interface GroupEvents {
  message: [message: ReceivedMessage];
  neighbourUp: [peer: PeerId];
  neighbourDown: [peer: PeerId];
  /** A message was thrown away, and why. */
  dropped: [what: { readonly from: PeerId; readonly seq: number; readonly reason: string }];
  /** Messages `fromSeq` to `toSeq` of this publisher will not be delivered. */
  lost: [what: { readonly from: PeerId; readonly fromSeq: number; readonly toSeq: number }];
  /** The reader was slow: so many messages were dropped, oldest first. */
  lagged: [messages: number];
  /** The group was left, or the peer closed. */
  left: [];
}

/** One neighbour, or other peer, as seen from a group. */
export interface Explanation {
  readonly peer: PeerId;
  readonly neighbour: boolean;
  readonly neighbourSinceMs: number | undefined;
  /** Its part in the (shared, or this peer's own) tree; `undefined` where there is none, or it is no neighbour. */
  readonly tree: 'eager' | 'lazy' | undefined;
  /** What last changed that, and when, in ms since 1970. */
  readonly role: RoleChange | undefined;
  /** `undefined` where nobody watches it. */
  readonly health: { readonly state: 'alive' | 'suspected'; readonly sinceMs: number } | undefined;
  /** Where a link does not know its round-trip time, that of the peer over others is told. */
  readonly links: readonly { readonly transport: TransportKind; readonly rttMs: number | undefined; readonly queuedBytes: number; readonly dialled: boolean }[];
}

/** Counters of one group, since it was joined. */
export interface GroupStats {
  readonly neighbours: number;
  readonly published: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly dropped: number;
  /** Numbers that are missing between those that arrived. */
  readonly missing: number;
  readonly lost: number;
  /** Delivered and not yet read. */
  readonly unread: number;
  readonly lagged: number;
  /** What overlay, dissemination and history count, by name; which there are depends on the options. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What a group needs of its peer; the peer makes it. */
export interface GroupContext {
  readonly peer: Peer;
  readonly ref: GroupRef;
  /** Nobody has to tell where to start. */
  readonly startsAtOnce: boolean;
  readonly bufferMessagesMax: number;
  readonly bufferBytesMax: number;
}

/**
 * A peer's membership of one group: publishes, delivers, tells what happens.
 *
 * Messages are read by `for await` or by `on('message')`. Of what nobody has read at
 * most `bufferMessagesMax` messages are kept; when there are more the oldest goes, with
 * a `lagged` event. A peer does not get its own messages back, but for those that it
 * published before it was started anew with the same id.
 */
export class Group extends EventEmitter<GroupEvents> implements AsyncIterable<ReceivedMessage> {
  readonly name: string;
  private readonly peer: Peer;
  private readonly ref: GroupRef;
  private readonly buffer: MessageBuffer<Received>;
  private readonly explained = new LinksExplained();
  private readonly waiters: Waiters;
  private readonly publisher: Publisher;
  /** It is known from where on messages are owed. */
  private caughtUp: boolean;
  /** Iterations under way. */
  private iterators = 0;
  private toldLagged = 0;
  private ended = false;
  private atTheEnd: EngineCounts | undefined = undefined;
  private delivered = 0;
  private lost = 0;

  /** @internal Use `peer.join`. */
  constructor(name: string, { peer, ref, startsAtOnce, bufferMessagesMax, bufferBytesMax }: GroupContext) {
    super();
    this.name = name;
    this.peer = peer;
    this.ref = ref;
    this.buffer = new MessageBuffer(bufferMessagesMax, bufferBytesMax);
    this.waiters = new Waiters(peer.clock);
    this.publisher = new Publisher({
      clock: peer.clock,
      timeoutMs: peer.config.publishTimeoutMs,
      neighbours: () => this.neighbourRefs(),
      hasRoom: (neighbour, bytes, share) => peer.hasRoom(neighbour, bytes, share),
      takesMore: () => this.engine()?.dissemination.hasRoom?.() ?? true,
      publish: (data) => this.publishNow(data),
      afterTurn: (run) => void setImmediate(run),
    });
    this.caughtUp = startsAtOnce;
  }

  /** The neighbours now. */
  get neighbours(): readonly PeerId[] {
    return this.engine()?.overlay.neighbours.map((ref) => this.peer.idOf(ref)) ?? [];
  }

  /**
   * Resolves once the group has at least `neighbours` neighbours, and knows from where on
   * messages are owed to it: what others publish from then on is delivered.
   * @param options `neighbours` 1 by default; `timeoutMs` 10 000 by default, `Infinity` waits for ever.
   * @throws {OverlayError} `NOT_READY` when the time is over, `CLOSED` when the group is left meanwhile; the signal's reason when it aborts.
   */
  async ready(options: { readonly neighbours?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<void> {
    const { neighbours = 1, timeoutMs = 10_000, signal } = options;
    if (!Number.isInteger(neighbours) || neighbours < 0) invalidOption('ready: neighbours', 'a whole number from 0', neighbours);
    if (!(timeoutMs >= 0)) invalidOption('ready: timeoutMs', 'a number from 0', timeoutMs);
    const enough = (): boolean => this.neighbours.length >= neighbours && (this.caughtUp || neighbours === 0);
    if ((await this.waiters.until(enough, timeoutMs, signal)) === 'held') return;
    const got = this.neighbours.length;
    const lacking = got >= neighbours ? 'none of them has said where to start' : this.peer.whyAlone();
    throw new OverlayError('NOT_READY', `ready: expected ${neighbours} neighbour${neighbours === 1 ? '' : 's'} in ${this.name} within ${timeoutMs} ms, got ${got}; ${lacking}`);
  }

  /**
   * Multicasts `data`, which must not be changed afterwards. Waits for a neighbour, where
   * the group has had one, and for room in the neighbours' queues, `publishTimeoutMs` at
   * most. A neighbour whose queue is still full then is passed over from then on, until
   * its queue has run low, and gets by repair what it missed. Messages go out in the
   * order of the calls.
   * @throws {OverlayError} `MESSAGE_TOO_LARGE`; `NO_NEIGHBOURS`; `QUEUE_FULL` when no neighbour has room, or too many calls wait; `CLOSED`. Nothing was published then.
   */
  async publish(data: Uint8Array, options: { readonly signal?: AbortSignal } = {}): Promise<Published> {
    if (!(data instanceof Uint8Array)) invalidOption('publish', 'a Uint8Array or Buffer', data);
    options.signal?.throwIfAborted();
    this.openEngine();
    const { messageBytesMax } = this.peer.config;
    if (data.length > messageBytesMax) {
      throw new OverlayError('MESSAGE_TOO_LARGE', `publish: expected at most ${messageBytesMax} bytes (messageBytesMax), got ${data.length}.`);
    }
    return this.publisher.publish(data, options.signal);
  }

  /** Why `peer` plays the part that it plays here, and since when. `undefined` for a peer that was never heard of. */
  explain(peer: PeerId): Explanation | undefined {
    const ref = this.peer.refOf(peer);
    if (ref === undefined) return undefined;
    const neighbour = this.explained.of(ref);
    return {
      peer,
      neighbour: this.neighbourRefs().includes(ref),
      neighbourSinceMs: neighbour?.upMs,
      tree: this.treeRole(ref),
      role: neighbour?.role,
      health: this.peer.healthOf(ref),
      links: this.peer.linksOf(ref),
    };
  }

  stats(): GroupStats {
    const { delivered, lost, buffer } = this;
    const counts = this.atTheEnd ?? countsOf(this.engine());
    return { neighbours: this.neighbourRefs().length, ...counts, delivered, lost, unread: buffer.size, lagged: buffer.lagged };
  }

  /**
   * Messages as they are delivered, those included that came since the group was
   * joined, or since the iteration before this one ended where nobody else listens.
   * Ends when the group is left.
   */
  [Symbol.asyncIterator](): AsyncIterator<ReceivedMessage, undefined> {
    let open = true;
    this.iterators++;
    this.tellLagged();
    return {
      next: () => (open ? this.buffer.next() : Promise.resolve(DONE)),
      return: () => {
        if (open) this.iterators--;
        open = false;
        return Promise.resolve(DONE);
      },
    };
  }

  /** Says good-bye to the neighbours. What was delivered can still be read; iteration then ends. */
  leave(): Promise<void> {
    if (!this.ended) this.peer.leave(this.ref);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  /** @internal */
  onDelivery(message: DataMessage, from: PeerRef): void {
    const receivedAt = Date.now();
    this.explained.onFirstCopy(from, receivedAt);
    this.delivered++;
    const received = new Received(message, this.peer.idOf(message.origin), receivedAt);
    if (this.iterators > 0 || this.listenerCount('message') === 0) {
      this.buffer.push(received);
      if (this.iterators > 0) this.tellLagged();
    } else if (this.buffer.size > 0) this.buffer.clear();
    this.emit('message', received);
  }

  /** @internal */
  onEvent(event: ProtocolEvent): void {
    this.explained.onEvent(event, Date.now());
    switch (event.kind) {
      case 'neighbourUp':
      case 'neighbourDown':
        if (event.kind === 'neighbourUp') this.publisher.onNeighbourUp();
        else this.publisher.onNeighbourDown(event.peer);
        this.waiters.check();
        this.emit(event.kind, this.peer.idOf(event.peer));
        return;
      case 'caughtUp':
        this.caughtUp = true;
        this.waiters.check();
        return;
      case 'dropped':
        this.emit('dropped', { from: this.peer.idOf(event.origin), seq: event.seq, reason: event.reason });
        return;
      case 'lost':
        this.lost += event.toSeq - event.fromSeq + 1;
        this.emit('lost', { from: this.peer.idOf(event.origin), fromSeq: event.fromSeq, toSeq: event.toSeq });
        return;
      default:
        return;
    }
  }

  /** @internal */
  onControl(peer: PeerRef, message: Message, sent: boolean): void {
    this.explained.onControl(peer, message, sent, Date.now());
  }

  /** @internal The group is left; what `engine` has counted stays. */
  end(engine: EngineGroup | undefined): void {
    if (this.ended) return;
    this.atTheEnd = countsOf(engine);
    this.ended = true;
    this.buffer.end();
    const error = new OverlayError('CLOSED', `expected a group that stays joined, got ${describe(this.name)}, which was left meanwhile.`);
    this.waiters.end(error);
    this.publisher.end(error);
    guarded(() => this.emit('left'));
  }

  /** @internal A queue has room again. */
  onDrain(): void {
    this.publisher.check();
  }

  /** What nobody was told of yet. */
  private tellLagged(): void {
    const messages = this.buffer.lagged - this.toldLagged;
    if (messages === 0) return;
    this.toldLagged = this.buffer.lagged;
    guarded(() => this.emit('lagged', messages));
  }

  private treeRole(ref: PeerRef): 'eager' | 'lazy' | undefined {
    const dissemination = this.engine()?.dissemination;
    if (!(dissemination instanceof Plumtree)) return undefined;
    if (dissemination.eager(this.peer.ref).includes(ref)) return 'eager';
    return dissemination.lazy(this.peer.ref).includes(ref) ? 'lazy' : undefined;
  }

  /** @internal */
  accounts(): Account[] {
    return this.buffer.accounts();
  }

  /** @internal */
  engine(): EngineGroup | undefined {
    return this.ended ? undefined : this.peer.engineGroup(this.ref);
  }

  private openEngine(): EngineGroup {
    const engine = this.engine();
    if (engine === undefined) throw new OverlayError('CLOSED', `publish: expected a group that is joined, got ${describe(this.name)}, which was left.`);
    return engine;
  }

  private neighbourRefs(): readonly PeerRef[] {
    return this.engine()?.overlay.neighbours ?? [];
  }

  private publishNow(data: Uint8Array): Published {
    this.openEngine();
    const { origin, epoch, seq, sentTo } = this.peer.publish(this.ref, data);
    return { id: idOf(this.peer.idOf(origin), epoch, seq), sentTo };
  }
}

const DONE = Object.freeze({ done: true, value: undefined });

type EngineCounts = Pick<GroupStats, 'published' | 'duplicates' | 'dropped' | 'missing' | 'counters'>;

function countsOf(engine: EngineGroup | undefined): EngineCounts {
  const { published = 0, log, counters = {} } = engine ?? {};
  return { published, duplicates: log?.duplicates ?? 0, dropped: log?.dropped ?? 0, missing: log?.missing ?? 0, counters };
}
