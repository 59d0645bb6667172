/**
 * The priority queue of a shortest-path search: a new key is never below the
 * last one popped and never above it by more than `spanMax` (the longest link).
 *
 * A ring of buckets of equal width holds the items by key, each bucket an
 * unsorted chain; a bitmap finds the next bucket in use. The bucket in turn is
 * moved into a binary heap, so that items leave in exact order of key whatever
 * the width. With a good width the heap holds an item or two; with a bad one (a
 * single link a million times longer than the rest) the queue is an ordinary
 * heap and no slower. Bucket searches: Dial 1969; Denardo and Fox 1979.
 *
 * Items are the integers `0 .. keys.length - 1`, each at most once in the queue,
 * so that all storage is allocated once.
 */
export class BucketQueue {
  private readonly keys: Float64Array;
  private readonly bucketsPerUnit: number;
  private readonly mask: number;
  /** First item of each bucket, or `NONE`. */
  private readonly heads: Int32Array;
  /** One bit per bucket, set while it holds items. */
  private readonly occupied: Int32Array;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  /** Where an item is: its bucket if at least 0, else `ABSENT`, or `IN_HEAP` minus its position in the heap. */
  private readonly place: Int32Array;
  private readonly heap: Int32Array;
  private heapSize = 0;
  private inBuckets = 0;
  /** Number of the bucket in turn, counted from key 0 and not wrapped. */
  private current = 0;

  /**
   * @param keys the key of each item, at least 0, written by the caller before `add`
   * @param spanMax the largest difference between a new key and the last one popped
   */
  constructor(keys: Float64Array, spanMax: number) {
    let buckets = BUCKETS_MIN;
    while (buckets < BUCKETS_MAX && buckets < keys.length) buckets *= 2;
    // Two buckets of slack: the one in turn, and one for rounding.
    const perUnit = spanMax > 0 ? (buckets - 2) / spanMax : 0;
    this.keys = keys;
    this.bucketsPerUnit = Number.isFinite(perUnit) ? perUnit : 0;
    this.mask = buckets - 1;
    this.heads = new Int32Array(buckets).fill(NONE);
    this.occupied = new Int32Array(buckets / 32);
    this.next = new Int32Array(keys.length);
    this.previous = new Int32Array(keys.length);
    this.place = new Int32Array(keys.length).fill(ABSENT);
    this.heap = new Int32Array(keys.length);
  }

  /** Starts anew at key 0. The queue must be empty, as it is once `pop` has returned -1. */
  restart(): void {
    this.current = 0;
  }

  /** Adds an item, or moves it up after its key has fallen. */
  add(item: number): void {
    const place = this.place[item] as number;
    if (place <= IN_HEAP) {
      this.siftUp(item, IN_HEAP - place);
      return;
    }
    if (place >= 0) this.unchain(item, place);
    const bucket = Math.floor((this.keys[item] as number) * this.bucketsPerUnit);
    if (bucket <= this.current) this.siftUp(item, this.heapSize++);
    else this.chain(item, bucket & this.mask);
  }

  /** Removes and returns the item with the smallest key, or -1 when the queue is empty. */
  pop(): number {
    if (this.heapSize === 0) {
      if (this.inBuckets === 0) return NONE;
      this.advance();
    }
    const item = this.heap[0] as number;
    this.place[item] = ABSENT;
    this.heapSize--;
    if (this.heapSize > 0) this.siftDown(this.heap[this.heapSize] as number);
    return item;
  }

  private chain(item: number, bucket: number): void {
    const head = this.heads[bucket] as number;
    if (head === NONE) this.occupied[bucket >> 5] = (this.occupied[bucket >> 5] as number) | (1 << (bucket & 31));
    else this.previous[head] = item;
    this.next[item] = head;
    this.previous[item] = NONE;
    this.heads[bucket] = item;
    this.place[item] = bucket;
    this.inBuckets++;
  }

  private unchain(item: number, bucket: number): void {
    const before = this.previous[item] as number;
    const after = this.next[item] as number;
    if (after !== NONE) this.previous[after] = before;
    if (before !== NONE) this.next[before] = after;
    else {
      this.heads[bucket] = after;
      if (after === NONE) this.occupied[bucket >> 5] = (this.occupied[bucket >> 5] as number) & ~(1 << (bucket & 31));
    }
    this.inBuckets--;
  }

  /** Moves the next bucket in use into the heap. */
  private advance(): void {
    const from = (this.current + 1) & this.mask;
    const words = this.occupied.length;
    let word = from >> 5;
    let bits = (this.occupied[word] as number) & (-1 << (from & 31));
    while (bits === 0) {
      word = (word + 1) % words;
      bits = this.occupied[word] as number;
    }
    const bucket = (word << 5) | (31 - Math.clz32(bits & -bits));
    this.current += 1 + ((bucket - from) & this.mask);
    this.occupied[word] = (this.occupied[word] as number) & ~(1 << (bucket & 31));
    let item = this.heads[bucket] as number;
    this.heads[bucket] = NONE;
    while (item !== NONE) {
      const after = this.next[item] as number;
      this.inBuckets--;
      this.siftUp(item, this.heapSize++);
      item = after;
    }
  }

  private siftUp(item: number, from: number): void {
    const key = this.keys[item] as number;
    let position = from;
    while (position > 0) {
      const above = (position - 1) >> 1;
      const other = this.heap[above] as number;
      if ((this.keys[other] as number) <= key) break;
      this.settle(other, position);
      position = above;
    }
    this.settle(item, position);
  }

  private siftDown(item: number): void {
    const key = this.keys[item] as number;
    let position = 0;
    for (;;) {
      let child = 2 * position + 1;
      if (child >= this.heapSize) break;
      if (child + 1 < this.heapSize && this.keyAt(child + 1) < this.keyAt(child)) child++;
      if (this.keyAt(child) >= key) break;
      this.settle(this.heap[child] as number, position);
      position = child;
    }
    this.settle(item, position);
  }

  private keyAt(position: number): number {
    return this.keys[this.heap[position] as number] as number;
  }

  private settle(item: number, position: number): void {
    this.heap[position] = item;
    this.place[item] = IN_HEAP - position;
  }
}

/** Guess: about one bucket per item of a large graph; more only costs memory. */
const BUCKETS_MIN = 64;
const BUCKETS_MAX = 4096;
const NONE = -1;
const ABSENT = -1;
const IN_HEAP = -2;
