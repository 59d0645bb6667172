import { OverlayError } from '../core/errors.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Clock, TimerHandle } from '../transport/clock.ts';
import { Wait } from './waiters.ts';

/** What became of a call to publish. */
export interface Published {
  readonly id: string;
  /**
   * Neighbours whose link took the payload at once. 0 does not mean that nobody gets
   * it: with epidemics it goes out in the next cycle, and with Plumtree, when all links
   * of this peer are lazy for now, it is announced, and sent to whoever asks for it.
   */
  readonly sentTo: number;
}

/** What a publisher needs of its group. */
export interface PublisherNeeds {
  readonly clock: Clock;
  /** How long a call waits for room, in ms. */
  readonly timeoutMs: number;
  neighbours(): readonly PeerRef[];
  /** Whether `bytes` more would fill no queue towards `peer` to more than `share` of its limit. */
  hasRoom(peer: PeerRef, bytes: number, share: number): boolean;
  /** Whether the dissemination can take one more message. */
  takesMore(): boolean;
  /** @throws {OverlayError} `NO_NEIGHBOURS`, `CLOSED`. */
  publish(data: Uint8Array): Published;
  /** Calls `run` when sockets and timers have had their turn. */
  afterTurn(run: () => void): void;
}

/** Calls of `publish` that may wait at a time. */
const WAITING_MAX = 1024;

/** While calls wait for room, it is looked for this often, in ms: queues tell when they have run low; a large message may fit before. */
const POLL_MS = 10;

/** Share of a queue's limit above which `publish` waits. */
const QUIET_SHARE = 0.5;

/**
 * Messages, and bytes, that go out in one turn of the event loop: guesses. Whoever
 * awaits each call goes on in the same turn, and would keep the process from its
 * sockets for as long as the queues have room.
 */
const TURN_MESSAGES = 64;
const TURN_BYTES = 256 * 1024;

/**
 * Publishes for one group, in the order of the calls, as fast as neighbours and
 * dissemination take it. A neighbour that was waited for in vain is passed over until
 * its queue has run low: it must not slow down the others for good.
 */
export class Publisher {
  private readonly needs: PublisherNeeds;
  private readonly waiting: Wait[] = [];
  /** Neighbours that were waited for in vain. */
  private readonly stuck = new Set<PeerRef>();
  private polling: TimerHandle | undefined = undefined;
  private hadNeighbours = false;
  /** What went out in this turn. */
  private turnMessages = 0;
  private turnBytes = 0;

  constructor(needs: PublisherNeeds) {
    this.needs = needs;
  }

  /**
   * @param signal not aborted yet.
   * @throws {OverlayError} `NO_NEIGHBOURS`, `QUEUE_FULL`, `CLOSED`; the signal's reason when it aborts. Nothing was published then.
   */
  publish(data: Uint8Array, signal: AbortSignal | undefined): Published | Promise<Published> {
    if (this.waiting.length === 0 && this.mayGo(data.length)) return this.publishNow(data);
    return this.publishInTurn(data, signal);
  }

  /** Something has changed that a call may wait for. */
  check(): void {
    this.waiting[0]?.check();
  }

  onNeighbourUp(): void {
    this.hadNeighbours = true;
    this.check();
  }

  onNeighbourDown(peer: PeerRef): void {
    this.stuck.delete(peer);
    this.check();
  }

  /** Ends all calls that wait. */
  end(error: Error): void {
    for (const wait of [...this.waiting]) wait.fail(error);
  }

  private publishNow(data: Uint8Array): Published {
    if (this.turnMessages === 0) this.needs.afterTurn(this.onTurn);
    this.turnMessages++;
    this.turnBytes += data.length;
    return this.needs.publish(data);
  }

  private readonly onTurn = (): void => {
    this.turnMessages = this.turnBytes = 0;
    this.check();
  };

  /** One call after the other, each for as long as its own time and signal allow. */
  private async publishInTurn(data: Uint8Array, signal: AbortSignal | undefined): Promise<Published> {
    if (this.waiting.length >= WAITING_MAX) {
      throw new OverlayError('QUEUE_FULL', `publish: expected at most ${WAITING_MAX} calls that wait, got one more; await each.`);
    }
    const { clock, timeoutMs } = this.needs;
    const isNext = (): boolean => this.waiting[0] === wait && this.mayGo(data.length);
    const wait = new Wait(clock, isNext, this.hadNeighbours ? timeoutMs : 0, signal);
    this.waiting.push(wait);
    this.polling ??= this.poll();
    wait.check();
    try {
      if (await wait.ended === 'timeout') this.passOver(data.length);
      return this.publishNow(data);
    } finally {
      this.waiting.splice(this.waiting.indexOf(wait), 1);
      if (this.waiting.length === 0) this.stopPolling();
      this.check();
    }
  }

  /** Whether a message may go out now without filling any queue too much. */
  private mayGo(bytes: number): boolean {
    if (this.turnMessages >= TURN_MESSAGES || this.turnBytes >= TURN_BYTES || !this.needs.takesMore()) return false;
    let anyRoom = false;
    for (const peer of this.needs.neighbours()) {
      if (this.stuck.size > 0 && this.isStuck(peer)) continue;
      if (!this.needs.hasRoom(peer, bytes, QUIET_SHARE)) return false;
      anyRoom = true;
    }
    return anyRoom;
  }

  /** From a queue that has run low on, a neighbour is waited for again. */
  private isStuck(peer: PeerRef): boolean {
    if (!this.stuck.has(peer)) return false;
    if (!this.needs.hasRoom(peer, 0, QUIET_SHARE / 2)) return true;
    this.stuck.delete(peer);
    return false;
  }

  /** The time is over: goes on without those that have no room, unless that are all. */
  private passOver(bytes: number): void {
    const neighbours = this.needs.neighbours();
    // Without neighbours, `publish` itself says so.
    if (neighbours.length === 0) return;
    const within = `within ${this.needs.timeoutMs} ms (publishTimeoutMs), got none; publish more slowly`;
    if (!this.needs.takesMore()) throw new OverlayError('QUEUE_FULL', `publish: expected room among the messages that are still being spread ${within}.`);
    for (const peer of neighbours) if (!this.needs.hasRoom(peer, bytes, QUIET_SHARE)) this.stuck.add(peer);
    if (neighbours.some((peer) => this.needs.hasRoom(peer, bytes, 1))) return;
    throw new OverlayError('QUEUE_FULL', `publish: expected room in the queue of a neighbour ${within}, or raise queueBytesMax.`);
  }

  private poll(): TimerHandle {
    return this.needs.clock.setTimer(POLL_MS, () => {
      this.polling = this.poll();
      this.check();
    });
  }

  private stopPolling(): void {
    this.polling?.cancel();
    this.polling = undefined;
  }
}
