import { assert } from '../../lib/core/errors.ts';
import { EventHeap, type EventSink } from './event-heap.ts';

/** Width of a bucket, in microseconds of virtual time. */
const BUCKET_US = 64;
/** Buckets in the calendar: it reaches 1.05 s ahead; later events wait in a heap. */
const BUCKETS = 1 << 14;
/** Events in a chunk, the unit in which buckets grow. */
const CHUNK_EVENTS = 30;
const WORDS = 4;
/** Chunks in a segment of memory; segments are added, never moved. */
const SEGMENT_SHIFT = 12;
const SEGMENT_CHUNKS = 1 << SEGMENT_SHIFT;
/** Up to this many events a bucket is sorted by insertion. */
const FEW_EVENTS = 12;
const CHUNK_WORDS = CHUNK_EVENTS * WORDS;
const NONE = -1;

/**
 * The event queue: exact (time, order of insertion), no object per event.
 *
 * A calendar of buckets of 64 us, each a list of chunks of typed memory, takes what
 * falls within its horizon; a heap takes the rest and gives it back when the horizon
 * has moved over it, always before anything can be put into the same bucket
 * directly, so that order of insertion is kept. A bucket is emptied by one stable
 * counting sort over its 64 microseconds. Events put into the bucket being emptied go
 * to a second heap, and come after those of the same microsecond that were there.
 *
 * R. Brown: "Calendar queues", CACM 31(10), 1988, with fixed bucket width and a heap
 * for overflow in place of his resizing.
 */
export class EventQueue implements EventSink {
  /** The event popped last. */
  timeUs = 0;
  kind = 0;
  target = 0;
  source = 0;
  handle = 0;
  /** Events waiting. */
  size = 0;

  /** The bucket being emptied, counted from time 0. */
  private bucket = 0;
  private calendarSize = 0;
  private readonly firstChunk = new Int32Array(BUCKETS).fill(NONE);
  private readonly lastChunk = new Int32Array(BUCKETS).fill(NONE);
  private readonly counts = new Int32Array(BUCKETS);
  /** A bit for each bucket with events. */
  private readonly occupied = new Uint32Array(BUCKETS / 32);

  private readonly segments: Uint32Array[] = [];
  private nextChunk = new Int32Array(SEGMENT_CHUNKS);
  private chunks = 0;
  private freeChunk = NONE;

  /** The bucket being emptied, sorted, and how far that has come. */
  private sorted = new Uint32Array(1024 * WORDS);
  private sortedSize = 0;
  private position = 0;
  private readonly starts = new Int32Array(BUCKET_US + 1);

  /** Events of the bucket being emptied that were scheduled meanwhile. */
  private readonly late = new EventHeap();
  /** Events beyond the horizon. */
  private readonly far = new EventHeap();

  /** @param kind below 2^26; the other words are 32 bits. */
  push(timeUs: number, kind: number, target: number, source: number, handle: number): void {
    assert(timeUs >= this.timeUs, 'events are scheduled for now or later');
    this.size++;
    const bucket = Math.floor(timeUs / BUCKET_US);
    if (bucket <= this.bucket) this.late.push(timeUs, kind, target, source, handle);
    else if (bucket < this.bucket + BUCKETS) this.put(bucket, timeUs, kind, target, source, handle);
    else this.far.push(timeUs, kind, target, source, handle);
  }

  /** Pops the next event into the fields, unless it is later than `limitUs` or there is none. */
  pop(limitUs: number): boolean {
    if (this.position === this.sortedSize && this.late.size === 0 && !this.openNextBucket()) return false;
    const sortedUs = this.position < this.sortedSize ? this.sortedTime() : Infinity;
    if (Math.min(sortedUs, this.late.firstUs) > limitUs) return false;
    this.size--;
    if (this.late.firstUs < sortedUs) this.late.popInto(this);
    else this.takeSorted(sortedUs);
    return true;
  }

  /**
   * Fills `targets` with those of the event popped last and of the next ones, as far as
   * their bucket and the array go; answers how many they are. Late events are left out.
   */
  targetsAhead(targets: Int32Array): number {
    const { sorted } = this;
    const first = Math.max(0, this.position - 1);
    const count = Math.min(targets.length, this.sortedSize - first);
    for (let i = 0; i < count; i++) targets[i] = sorted[(first + i) * WORDS + 1] as number;
    return count;
  }

  private sortedTime(): number {
    return this.bucket * BUCKET_US + ((this.sorted[this.position * WORDS] as number) & (BUCKET_US - 1));
  }

  private takeSorted(timeUs: number): void {
    const at = this.position++ * WORDS;
    const { sorted } = this;
    this.timeUs = timeUs;
    this.kind = (sorted[at] as number) >>> 6;
    this.target = sorted[at + 1] as number;
    this.source = sorted[at + 2] as number;
    this.handle = sorted[at + 3] as number;
  }

  /** Moves on to the next bucket with events and sorts it; false when the queue is empty. */
  private openNextBucket(): boolean {
    if (this.calendarSize === 0) {
      if (this.far.size === 0) return false;
      this.bucket = Math.floor(this.far.firstUs / BUCKET_US) - 1;
      this.drawNear();
    }
    this.bucket = this.nextOccupied();
    this.sortBucket(this.bucket & (BUCKETS - 1));
    this.drawNear();
    return true;
  }

  /** Takes in what the horizon has moved over. */
  private drawNear(): void {
    const horizonUs = (this.bucket + BUCKETS) * BUCKET_US;
    const { far } = this;
    while (far.firstUs < horizonUs) {
      far.popInto(FERRY);
      this.put(Math.floor(FERRY.timeUs / BUCKET_US), FERRY.timeUs, FERRY.kind, FERRY.target, FERRY.source, FERRY.handle);
    }
  }

  private nextOccupied(): number {
    const start = (this.bucket + 1) & (BUCKETS - 1);
    let word = start >>> 5;
    let bits = ((this.occupied[word] as number) & (-1 << (start & 31))) >>> 0;
    while (bits === 0) {
      word = (word + 1) & (BUCKETS / 32 - 1);
      bits = this.occupied[word] as number;
    }
    const slot = word * 32 + (31 - Math.clz32(bits & -bits));
    return this.bucket + 1 + ((slot - start) & (BUCKETS - 1));
  }

  private put(bucket: number, timeUs: number, kind: number, target: number, source: number, handle: number): void {
    const slot = bucket & (BUCKETS - 1);
    const count = this.counts[slot] as number;
    const within = count % CHUNK_EVENTS;
    let chunk = this.lastChunk[slot] as number;
    if (within === 0) {
      const added = this.allocate();
      if (count === 0) {
        this.firstChunk[slot] = added;
        this.occupied[slot >>> 5] = (this.occupied[slot >>> 5] as number) | (1 << (slot & 31));
      } else {
        this.nextChunk[chunk] = added;
      }
      this.lastChunk[slot] = added;
      chunk = added;
    }
    this.counts[slot] = count + 1;
    this.calendarSize++;
    const segment = this.segments[chunk >>> SEGMENT_SHIFT] as Uint32Array;
    const at = (chunk & (SEGMENT_CHUNKS - 1)) * CHUNK_WORDS + within * WORDS;
    segment[at] = (kind << 6) | (timeUs - bucket * BUCKET_US);
    segment[at + 1] = target;
    segment[at + 2] = source;
    segment[at + 3] = handle;
  }

  /** Sorts by microsecond, stably; the bucket's chunks become free. */
  private sortBucket(slot: number): void {
    const count = this.counts[slot] as number;
    if (count * WORDS > this.sorted.length) this.sorted = new Uint32Array(2 ** Math.ceil(Math.log2(count * WORDS)));
    const few = count <= FEW_EVENTS;
    if (!few) this.countMicroseconds(slot, count);
    this.sortedSize = 0;
    let left = count;
    for (let chunk = this.firstChunk[slot] as number; left > 0; left -= CHUNK_EVENTS) {
      const segment = this.segments[chunk >>> SEGMENT_SHIFT] as Uint32Array;
      const base = (chunk & (SEGMENT_CHUNKS - 1)) * CHUNK_WORDS;
      const end = base + Math.min(left, CHUNK_EVENTS) * WORDS;
      if (few) this.insert(segment, base, end);
      else this.place(segment, base, end);
      const next = this.nextChunk[chunk] as number;
      this.nextChunk[chunk] = this.freeChunk;
      this.freeChunk = chunk;
      chunk = next;
    }
    this.sortedSize = count;
    this.position = 0;
    this.calendarSize -= count;
    this.counts[slot] = 0;
    this.occupied[slot >>> 5] = (this.occupied[slot >>> 5] as number) & ~(1 << (slot & 31));
  }

  /** Insertion sort: for a few events cheaper than counting. */
  private insert(segment: Uint32Array, base: number, end: number): void {
    const { sorted } = this;
    for (let at = base; at < end; at += WORDS) {
      const offset = (segment[at] as number) & (BUCKET_US - 1);
      let to = this.sortedSize++ * WORDS;
      for (; to > 0 && ((sorted[to - WORDS] as number) & (BUCKET_US - 1)) > offset; to -= WORDS) {
        for (let word = 0; word < WORDS; word++) sorted[to + word] = sorted[to - WORDS + word] as number;
      }
      for (let word = 0; word < WORDS; word++) sorted[to + word] = segment[at + word] as number;
    }
  }

  /** Counting sort, second pass: each event goes to the next place of its microsecond. */
  private place(segment: Uint32Array, base: number, end: number): void {
    const { sorted, starts } = this;
    for (let at = base; at < end; at += WORDS) {
      const first = segment[at] as number;
      const offset = first & (BUCKET_US - 1);
      const place = starts[offset] as number;
      starts[offset] = place + 1;
      const to = place * WORDS;
      sorted[to] = first;
      sorted[to + 1] = segment[at + 1] as number;
      sorted[to + 2] = segment[at + 2] as number;
      sorted[to + 3] = segment[at + 3] as number;
    }
  }

  /** Counting sort, first pass: afterwards `starts[m]` is where the first event of microsecond m goes. */
  private countMicroseconds(slot: number, count: number): void {
    const { starts } = this;
    starts.fill(0);
    let left = count;
    for (let chunk = this.firstChunk[slot] as number; left > 0; chunk = this.nextChunk[chunk] as number) {
      const segment = this.segments[chunk >>> SEGMENT_SHIFT] as Uint32Array;
      const base = (chunk & (SEGMENT_CHUNKS - 1)) * CHUNK_WORDS;
      const end = base + Math.min(left, CHUNK_EVENTS) * WORDS;
      for (let at = base; at < end; at += WORDS) {
        const after = ((segment[at] as number) & (BUCKET_US - 1)) + 1;
        starts[after] = (starts[after] as number) + 1;
      }
      left -= CHUNK_EVENTS;
    }
    for (let m = 1; m <= BUCKET_US; m++) starts[m] = (starts[m] as number) + (starts[m - 1] as number);
  }

  private allocate(): number {
    const free = this.freeChunk;
    if (free !== NONE) {
      this.freeChunk = this.nextChunk[free] as number;
      return free;
    }
    const chunk = this.chunks++;
    if (chunk % SEGMENT_CHUNKS === 0) this.segments.push(new Uint32Array(SEGMENT_CHUNKS * CHUNK_WORDS));
    if (chunk === this.nextChunk.length) {
      const larger = new Int32Array(chunk * 2);
      larger.set(this.nextChunk);
      this.nextChunk = larger;
    }
    return chunk;
  }
}

/** Carries events from the far heap to the calendar. */
const FERRY: EventSink = { timeUs: 0, kind: 0, target: 0, source: 0, handle: 0 };
