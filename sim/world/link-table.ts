/**
 * Who keeps a link to whom: a list for each peer in shared typed arrays, 12 bytes a
 * link. A link ends with the incarnation of its owner that opened it; such a link is
 * skipped, and its place is used again when the list is next added to.
 */
export class LinkTable {
  /** By owner: its incarnation now. Shared, and changed by whom it belongs to. */
  private readonly incarnations: Uint32Array;
  /** By peer: the first link to it; -1 for none. */
  private readonly first: Int32Array;
  private owners = new Int32Array(64);
  private openedBy = new Int32Array(64);
  private next = new Int32Array(64);
  private used = 0;
  private free = -1;

  constructor(incarnations: Uint32Array) {
    this.incarnations = incarnations;
    this.first = new Int32Array(incarnations.length).fill(-1);
  }

  open(owner: number, peer: number): void {
    this.forgetEnded(peer);
    const link = this.allocate();
    this.owners[link] = owner;
    this.openedBy[link] = this.incarnations[owner] as number;
    this.next[link] = this.first[peer] as number;
    this.first[peer] = link;
  }

  /** Forgets one link of `owner` to `peer`, if there is one. */
  close(owner: number, peer: number): void {
    let before = -1;
    for (let link = this.first[peer] as number; link !== -1; link = this.next[link] as number) {
      if (this.owners[link] === owner) {
        this.forget(peer, link, before);
        return;
      }
      before = link;
    }
  }

  /** Forgets all links to `peer` and answers their owners, the one that opened first being first. */
  closeAll(peer: number): number[] {
    const owners: number[] = [];
    for (let link = this.first[peer] as number; link !== -1; link = this.forget(peer, link, -1)) {
      if (this.lives(link)) owners.push(this.owners[link] as number);
    }
    return owners.reverse();
  }

  /** Whether `owner` keeps a link to `peer`. */
  has(owner: number, peer: number): boolean {
    for (let link = this.first[peer] as number; link !== -1; link = this.next[link] as number) {
      if (this.owners[link] === owner && this.lives(link)) return true;
    }
    return false;
  }

  /** Every link: who keeps it, and to whom. */
  all(): (readonly [owner: number, peer: number])[] {
    const links: (readonly [number, number])[] = [];
    for (let peer = 0; peer < this.first.length; peer++) {
      for (let link = this.first[peer] as number; link !== -1; link = this.next[link] as number) {
        if (this.lives(link)) links.push([this.owners[link] as number, peer]);
      }
    }
    return links;
  }

  private lives(link: number): boolean {
    return this.openedBy[link] === this.incarnations[this.owners[link] as number];
  }

  private forgetEnded(peer: number): void {
    let before = -1;
    for (let link = this.first[peer] as number; link !== -1; ) {
      if (this.lives(link)) {
        before = link;
        link = this.next[link] as number;
      } else {
        link = this.forget(peer, link, before);
      }
    }
  }

  /** Takes `link`, which follows `before` (-1: it is the first), out of the list; answers the one after it. */
  private forget(peer: number, link: number, before: number): number {
    const after = this.next[link] as number;
    if (before === -1) this.first[peer] = after;
    else this.next[before] = after;
    this.next[link] = this.free;
    this.free = link;
    return after;
  }

  private allocate(): number {
    const free = this.free;
    if (free !== -1) {
      this.free = this.next[free] as number;
      return free;
    }
    if (this.used === this.owners.length) {
      this.owners = doubled(this.owners);
      this.openedBy = doubled(this.openedBy);
      this.next = doubled(this.next);
    }
    return this.used++;
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
