/** Everything measured of one message while it travels. Hosts by index. */
export class MessageRecord {
  readonly source: number;
  readonly publishedUs: number;
  /** By host: who the first copy came from; -1 at the source and where none came. */
  readonly parents: Int32Array;
  /** By host: overlay hops of the first delivery; 0 where none came. */
  readonly hops: Int32Array;
  /** By host: when it was delivered first; `NaN` where it was not. */
  readonly deliveredUs: Float64Array;
  /** By host: copies sent, repeated ones included. */
  readonly sent: Uint32Array;
  /** Copies by (from, to), as `from * hosts + to`. */
  private readonly copies = new Map<number, number>();
  /** Copies that came in at live peers. */
  received = 0;
  /** Receivers that it was delivered to. */
  delivered = 0;

  constructor(source: number, hosts: number, publishedUs: number) {
    this.source = source;
    this.publishedUs = publishedUs;
    this.parents = new Int32Array(hosts).fill(-1);
    this.hops = new Int32Array(hosts);
    this.deliveredUs = new Float64Array(hosts).fill(NaN);
    this.sent = new Uint32Array(hosts);
  }

  onSent(from: number, to: number): void {
    const key = from * this.sent.length + to;
    this.copies.set(key, (this.copies.get(key) ?? 0) + 1);
    this.sent[from] = (this.sent[from] as number) + 1;
  }

  onDelivered(host: number, from: number, hops: number, timeUs: number): void {
    if (host === this.source || !Number.isNaN(this.deliveredUs[host])) return;
    this.parents[host] = from;
    this.hops[host] = hops;
    this.deliveredUs[host] = timeUs;
    this.delivered++;
  }

  /** Copies by pair of hosts, as `linkCopies` takes them. */
  *transmissions(): Generator<[a: number, b: number, copies: number]> {
    const hosts = this.sent.length;
    for (const [key, copies] of this.copies) yield [Math.floor(key / hosts), key % hosts, copies];
  }
}
