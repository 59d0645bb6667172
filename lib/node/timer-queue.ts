import type { Clock, TimerHandle } from '../transport/clock.ts';

/**
 * Values that come back when their time has come, over one timer of the host: protocols
 * set very many, and never cancel one. A binary heap by (time, order of setting).
 */
export class TimerQueue<T> {
  private readonly clock: Clock;
  private readonly onDue: (value: T) => void;
  private readonly heap: Waiting<T>[] = [];
  private order = 0;
  private armedMs = Infinity;
  private handle: TimerHandle | undefined = undefined;
  /** Input has had its turn before the timers that are late. */
  private yielded = false;

  constructor(clock: Clock, onDue: (value: T) => void) {
    this.clock = clock;
    this.onDue = onDue;
  }

  get size(): number {
    return this.heap.length;
  }

  add(value: T, afterMs: number): void {
    const entry = { value, dueMs: this.clock.nowMs() + afterMs, order: this.order++ };
    this.heap.push(entry);
    this.rise(this.heap.length - 1, entry);
    this.arm();
  }

  /** Forgets everything. */
  clear(): void {
    this.heap.length = 0;
    this.handle?.cancel();
    this.handle = undefined;
    this.armedMs = Infinity;
    this.yielded = false;
  }

  private arm(): void {
    const first = this.heap[0];
    if (first === undefined || first.dueMs >= this.armedMs) return;
    this.handle?.cancel();
    this.armedMs = first.dueMs;
    this.handle = this.clock.setTimer(Math.max(0, first.dueMs - this.clock.nowMs()), () => this.run());
  }

  /**
   * Hands back what is due now; what that sets for now waits for the next turn. When the
   * process was busy or stopped, what it has not read yet comes first: timeouts would
   * otherwise complain of what lies there.
   */
  private run(): void {
    const nowMs = this.clock.nowMs();
    if (nowMs - this.armedMs > LATE_MS && !this.yielded) {
      this.yielded = true;
      this.handle = this.clock.setTimer(0, () => this.run());
      return;
    }
    this.yielded = false;
    this.armedMs = Infinity;
    this.handle = undefined;
    const last = this.order;
    try {
      for (let first = this.heap[0]; first !== undefined && first.dueMs <= nowMs && first.order < last; first = this.heap[0]) {
        this.takeFirst();
        this.onDue(first.value);
      }
    } finally {
      this.arm();
    }
  }

  private takeFirst(): void {
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) this.sink(last);
  }

  private rise(from: number, entry: Waiting<T>): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.heap[parent] as Waiting<T>;
      if (!before(entry, above)) break;
      this.heap[at] = above;
      at = parent;
    }
    this.heap[at] = entry;
  }

  private sink(entry: Waiting<T>): void {
    const { heap } = this;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < heap.length && before(heap[right] as Waiting<T>, heap[child] as Waiting<T>)) child = right;
      const below = heap[child] as Waiting<T>;
      if (!before(below, entry)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = entry;
  }
}

/** How late timers may be before input goes first: a guess, more than a turn of a process that keeps up. */
const LATE_MS = 10;

interface Waiting<T> {
  readonly value: T;
  readonly dueMs: number;
  readonly order: number;
}

function before<T>(x: Waiting<T>, y: Waiting<T>): boolean {
  return x.dueMs < y.dueMs || (x.dueMs === y.dueMs && x.order < y.order);
}
