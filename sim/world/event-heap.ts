/**
 * A 4-ary heap of events in typed arrays, ordered by (time, order of insertion).
 * The calendar queue keeps in it what lies beyond its horizon, and what is
 * scheduled into the bucket that is being emptied.
 */
export class EventHeap {
  size = 0;
  private inserted = 0;
  private times = new Float64Array(64);
  private orders = new Float64Array(64);
  /** Four words an event: kind, target, source, handle. */
  private words = new Uint32Array(64 * 4);

  /** Time of the first event; `Infinity` when there is none. */
  get firstUs(): number {
    return this.size === 0 ? Infinity : (this.times[0] as number);
  }

  push(timeUs: number, kind: number, target: number, source: number, handle: number): void {
    if (this.size === this.times.length) this.grow();
    let hole = this.size++;
    const order = this.inserted++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      // The newcomer has the largest order, so that it stays below its equals.
      if ((this.times[parent] as number) <= timeUs) break;
      this.copy(parent, hole);
      hole = parent;
    }
    this.times[hole] = timeUs;
    this.orders[hole] = order;
    const at = hole * 4;
    this.words[at] = kind;
    this.words[at + 1] = target;
    this.words[at + 2] = source;
    this.words[at + 3] = handle;
  }

  /** Removes the first event and hands it to `into`; there must be one. */
  popInto(into: EventSink): void {
    const { words } = this;
    into.timeUs = this.times[0] as number;
    into.kind = words[0] as number;
    into.target = words[1] as number;
    into.source = words[2] as number;
    into.handle = words[3] as number;
    this.size--;
    if (this.size > 0) this.sink(this.size);
  }

  /** Moves the event at `last` to the root and down to its place. */
  private sink(last: number): void {
    const { times, orders, size } = this;
    const timeUs = times[last] as number;
    const order = orders[last] as number;
    let hole = 0;
    for (;;) {
      const first = hole * 4 + 1;
      if (first >= size) break;
      let least = first;
      for (let child = first + 1; child < Math.min(first + 4, size); child++) {
        if (before(times, orders, child, least)) least = child;
      }
      const leastUs = times[least] as number;
      if (leastUs > timeUs || (leastUs === timeUs && (orders[least] as number) > order)) break;
      this.copy(least, hole);
      hole = least;
    }
    if (hole !== last) this.copy(last, hole);
  }

  private copy(from: number, to: number): void {
    this.times[to] = this.times[from] as number;
    this.orders[to] = this.orders[from] as number;
    this.words.copyWithin(to * 4, from * 4, from * 4 + 4);
  }

  private grow(): void {
    this.times = grown(this.times, new Float64Array(this.times.length * 2));
    this.orders = grown(this.orders, new Float64Array(this.orders.length * 2));
    this.words = grown(this.words, new Uint32Array(this.words.length * 2));
  }
}

/** Where a popped event is put: fields rather than an object, since there are millions. */
export interface EventSink {
  timeUs: number;
  kind: number;
  target: number;
  source: number;
  handle: number;
}

function before(times: Float64Array, orders: Float64Array, x: number, y: number): boolean {
  const [timeX, timeY] = [times[x] as number, times[y] as number];
  return timeX < timeY || (timeX === timeY && (orders[x] as number) < (orders[y] as number));
}

function grown<T extends Float64Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
