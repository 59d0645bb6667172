import type { Audited } from './audit.ts';
import type { HistoryObserver } from './history.ts';
import type { MessageId } from './ids.ts';
import { type IdOf, fourBytes, keyHash, messageKey } from './message-key.ts';

/** Messages in one chunk at most. A guess: what a step within a chunk costs is then about what one over the chunks of 10 000 messages does. */
const CHUNK_MAX = 128;

/** Two lanes of 32 bits, by these seeds. */
const SEED_A = 0x243f6a88;
const SEED_B = 0x85a308d3;

/**
 * The messages of a history in the order of their keys, with a fingerprint of every
 * range of them: two peers whose ranges have the same fingerprint have the same messages
 * there.
 *
 * A fingerprint is the sum, modulo 2^32 in each of two lanes, of hashes of the keys in
 * the range. Sums are added up and taken off again as messages come and go. Of two
 * different sets that nobody made up, one pair in 2^64 has the same. It does not hold
 * against someone who chooses what is published: the hash is public, and sums of it can
 * be made to fit, so that two peers overlook a difference between them.
 *
 * A list of chunks of up to 128 messages, and the sums before each chunk, which are made
 * again when something is asked for after a change. Bounded by the history.
 */
export class RangeIndex implements HistoryObserver {
  private readonly idOf: IdOf;
  private readonly chunks: Chunk[] = [];
  /** Copies of one message that the history has beside the first: it was forgotten, and came again. */
  private readonly copies = new Map<string, number>();
  /** Before each chunk: messages, and the sums of both lanes; behind the last one those of all. */
  private before = new Float64Array(1);
  private sumsA = new Uint32Array(1);
  private sumsB = new Uint32Array(1);
  private changed = false;
  size = 0;

  constructor(idOf: IdOf) {
    this.idOf = idOf;
  }

  keyOf({ origin, epoch, seq }: MessageId): string {
    return messageKey(this.idOf(origin), epoch, seq);
  }

  onKept(id: MessageId): void {
    const key = this.keyOf(id);
    const chunk = this.chunkFor(key);
    const at = chunk.rankOf(key);
    if (chunk.keys[at] === key) {
      this.copies.set(key, (this.copies.get(key) ?? 0) + 1);
      return;
    }
    chunk.insert(at, key, id);
    this.size++;
    this.changed = true;
    if (chunk.keys.length === CHUNK_MAX) this.chunks.splice(this.chunks.indexOf(chunk) + 1, 0, chunk.halve());
  }

  onDropped(id: MessageId): void {
    const key = this.keyOf(id);
    const copies = this.copies.get(key);
    if (copies !== undefined) {
      if (copies === 1) this.copies.delete(key);
      else this.copies.set(key, copies - 1);
      return;
    }
    const index = this.chunkIndex(key);
    const chunk = this.chunks[index];
    const at = chunk?.rankOf(key) ?? 0;
    if (chunk === undefined || chunk.keys[at] !== key) return;
    chunk.remove(at);
    this.size--;
    this.changed = true;
    this.tidy(index);
  }

  /**
   * What it counts, counted anew.
   * @param kept messages in the history, every copy counted.
   */
  audit(kept: number): readonly Audited[] {
    let [messages, copies, sumA, sumsA] = [0, 0, 0, 0];
    for (const chunk of this.chunks) {
      messages += chunk.keys.length;
      sumA = (sumA + chunk.sumA) >>> 0;
      for (let i = 0; i < chunk.keys.length; i++) sumsA = (sumsA + (chunk.a[i] as number)) >>> 0;
    }
    for (const count of this.copies.values()) copies += count;
    return [
      { what: 'messages in the index', counted: this.size, there: messages },
      { what: 'messages in the index, with copies', counted: messages + copies, there: kept },
      { what: 'hashes in the sum of the index', counted: sumA, there: sumsA },
    ];
  }

  /** How many messages come before the key, or before a beginning of keys. */
  rankOf(bound: string): number {
    this.refresh();
    const index = this.chunkIndex(bound);
    const chunk = this.chunks[index];
    return chunk === undefined ? 0 : (this.before[index] as number) + chunk.rankOf(bound);
  }

  /** The key with so many before it; there must be one. */
  keyAt(rank: number): string {
    const [chunk, at] = this.place(rank);
    return chunk?.keys[at] ?? '';
  }

  /** The sum over the messages from rank `from` up to and without `to`, as eight characters below 256. */
  fingerprint(from: number, to: number): string {
    this.refresh();
    const [toA, toB] = this.sumBefore(to);
    const [fromA, fromB] = this.sumBefore(from);
    return fourBytes(toA - fromA) + fourBytes(toB - fromB);
  }

  /** Visits the messages from rank `from` up to and without `to`, in order; stops when `visit` answers false. */
  visit(from: number, to: number, visit: (key: string, id: MessageId) => boolean): void {
    let [chunk, at, index] = this.place(from);
    for (let rank = from; rank < to && chunk !== undefined; rank++) {
      if (!visit(chunk.keys[at] as string, chunk.ids[at] as MessageId)) return;
      if (++at < chunk.keys.length) continue;
      chunk = this.chunks[++index];
      at = 0;
    }
  }

  private place(rank: number): [chunk: Chunk | undefined, at: number, index: number] {
    this.refresh();
    let [low, high] = [0, this.chunks.length];
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if ((this.before[middle] as number) <= rank) low = middle;
      else high = middle;
    }
    return [this.chunks[low], rank - (this.before[low] as number), low];
  }

  private sumBefore(rank: number): [a: number, b: number] {
    if (rank >= this.size) return [this.sumsA[this.chunks.length] as number, this.sumsB[this.chunks.length] as number];
    const [chunk, at, index] = this.place(rank);
    let [a, b] = [this.sumsA[index] as number, this.sumsB[index] as number];
    for (let i = 0; i < at; i++) {
      a += chunk?.a[i] as number;
      b += chunk?.b[i] as number;
    }
    return [a, b];
  }

  private refresh(): void {
    if (!this.changed) return;
    this.changed = false;
    const count = this.chunks.length;
    if (this.before.length < count + 1) {
      this.before = new Float64Array(2 * count + 1);
      this.sumsA = new Uint32Array(2 * count + 1);
      this.sumsB = new Uint32Array(2 * count + 1);
    }
    for (let i = 0; i < count; i++) {
      const chunk = this.chunks[i] as Chunk;
      this.before[i + 1] = (this.before[i] as number) + chunk.keys.length;
      this.sumsA[i + 1] = (this.sumsA[i] as number) + chunk.sumA;
      this.sumsB[i + 1] = (this.sumsB[i] as number) + chunk.sumB;
    }
  }

  private chunkFor(key: string): Chunk {
    const chunk = this.chunks[this.chunkIndex(key)];
    if (chunk !== undefined) return chunk;
    const first = new Chunk();
    this.chunks.push(first);
    return first;
  }

  /** The last chunk that begins at the key or before it, or the first one. */
  private chunkIndex(key: string): number {
    let [low, high] = [0, this.chunks.length];
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (((this.chunks[middle] as Chunk).keys[0] as string) <= key) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The chunk has become smaller: with a neighbour that is as small it is put together, one with nothing goes. */
  private tidy(index: number): void {
    this.join(index);
    this.join(index - 1);
    if (this.chunks[index]?.keys.length === 0) this.chunks.splice(index, 1);
  }

  private join(index: number): void {
    const [chunk, next] = [this.chunks[index], this.chunks[index + 1]];
    if (chunk === undefined || next === undefined || chunk.keys.length + next.keys.length > CHUNK_MAX / 2) return;
    chunk.append(next);
    this.chunks.splice(index + 1, 1);
  }
}

/** Some messages that follow each other, with their hashes and the sums of these. */
class Chunk {
  keys: string[] = [];
  ids: MessageId[] = [];
  readonly a = new Uint32Array(CHUNK_MAX);
  readonly b = new Uint32Array(CHUNK_MAX);
  sumA = 0;
  sumB = 0;

  rankOf(bound: string): number {
    let [low, high] = [0, this.keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.keys[middle] as string) < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(at: number, key: string, id: MessageId): void {
    const count = this.keys.length;
    this.keys.splice(at, 0, key);
    this.ids.splice(at, 0, id);
    this.a.copyWithin(at + 1, at, count);
    this.b.copyWithin(at + 1, at, count);
    this.a[at] = keyHash(key, SEED_A);
    this.b[at] = keyHash(key, SEED_B);
    this.sum(at, at + 1, 1);
  }

  remove(at: number): void {
    this.sum(at, at + 1, -1);
    this.a.copyWithin(at, at + 1, this.keys.length);
    this.b.copyWithin(at, at + 1, this.keys.length);
    this.keys.splice(at, 1);
    this.ids.splice(at, 1);
  }

  /** Gives away its upper half. */
  halve(): Chunk {
    const upper = new Chunk();
    const half = this.keys.length >>> 1;
    upper.a.set(this.a.subarray(half, this.keys.length));
    upper.b.set(this.b.subarray(half, this.keys.length));
    this.sum(half, this.keys.length, -1);
    upper.keys = this.keys.splice(half);
    upper.ids = this.ids.splice(half);
    upper.sum(0, upper.keys.length, 1);
    return upper;
  }

  append(next: Chunk): void {
    const count = this.keys.length;
    this.a.set(next.a.subarray(0, next.keys.length), count);
    this.b.set(next.b.subarray(0, next.keys.length), count);
    this.keys.push(...next.keys);
    this.ids.push(...next.ids);
    this.sum(count, this.keys.length, 1);
  }

  private sum(from: number, to: number, sign: 1 | -1): void {
    for (let i = from; i < to; i++) {
      this.sumA = (this.sumA + sign * (this.a[i] as number)) >>> 0;
      this.sumB = (this.sumB + sign * (this.b[i] as number)) >>> 0;
    }
  }
}
