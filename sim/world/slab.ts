/**
 * Objects that waiting events refer to by number: a message shared by all its
 * copies in flight, a timer, an action. Counted references; a slot is used again
 * when its last event is gone.
 */
export class Slab<T> {
  private readonly items: (T | undefined)[] = [];
  private references = new Int32Array(1024);
  private readonly free: number[] = [];

  /** Stores `item` with one reference. */
  add(item: T): number {
    const handle = this.free.pop() ?? this.items.length;
    if (handle >= this.references.length) {
      const larger = new Int32Array(this.references.length * 2);
      larger.set(this.references);
      this.references = larger;
    }
    this.items[handle] = item;
    this.references[handle] = 1;
    return handle;
  }

  /** One event more refers to it. */
  retain(handle: number): void {
    this.references[handle] = (this.references[handle] as number) + 1;
  }

  get(handle: number): T | undefined {
    return this.items[handle];
  }

  /** One event less refers to it; true when that was the last, and the slot is free. */
  release(handle: number): boolean {
    const left = (this.references[handle] as number) - 1;
    this.references[handle] = left;
    if (left > 0) return false;
    this.items[handle] = undefined;
    this.free.push(handle);
    return true;
  }
}
