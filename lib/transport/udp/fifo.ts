/** First in, first out, without moving what stays. */
export class Fifo<T> {
  private items: T[] = [];
  private start = 0;

  get length(): number {
    return this.items.length - this.start;
  }

  get first(): T | undefined {
    return this.items[this.start];
  }

  /** A copy, first to last. */
  get all(): readonly T[] {
    return this.items.slice(this.start);
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    const item = this.items[this.start];
    if (this.start >= this.items.length) return undefined;
    this.start++;
    // What was taken out is let go of in batches, each item moved once at most.
    if (this.start === this.items.length) this.clear();
    else if (this.start >= 32 && this.start * 2 >= this.items.length) {
      this.items = this.items.slice(this.start);
      this.start = 0;
    }
    return item;
  }

  /** Keeps the items for which `keep` says so. */
  filter(keep: (item: T) => boolean): void {
    this.items = this.items.slice(this.start).filter(keep);
    this.start = 0;
  }

  clear(): void {
    this.items.length = 0;
    this.start = 0;
  }
}
