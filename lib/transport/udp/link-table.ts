import type { Account } from '../account.ts';
import { CLOSE_CODE, NUMBER_END } from './packet.ts';
import type { PacketWriter } from './packet-writer.ts';
import type { UdpLink } from './udp-link.ts';

/** Closed links that are remembered, to tell the other end that they are closed. A guess; the oldest is forgotten. */
const CLOSED_MAX = 256;

/** Random bytes that turn out to be an id in use, in a row: more often than that they are not random. */
const ATTEMPTS_MAX = 8;

/** Where to say once more that a link is closed. */
interface ClosedLink {
  readonly host: string;
  readonly port: number;
  readonly remoteId: number;
  nextPacket: number;
}

/** All links of a transport, by connection id and by who opened them. */
export class LinkTable {
  private readonly randomBytes: (count: number) => Uint8Array;
  private readonly byId = new Map<number, UdpLink>();
  private readonly byOrigin = new Map<string, UdpLink>();
  /** Dialled, or up, and closed by nobody. */
  private readonly links = new Set<UdpLink>();
  /** Accepted and not up, the oldest first. */
  private readonly pending = new Set<UdpLink>();
  /** Closed here and still sending what was queued, the oldest first. */
  private readonly closing = new Set<UdpLink>();
  private readonly closed = new Map<number, ClosedLink>();

  constructor(randomBytes: (count: number) => Uint8Array) {
    this.randomBytes = randomBytes;
  }

  /** Links dialled, or up, that nobody has closed. */
  get count(): number {
    return this.links.size;
  }

  get pendingCount(): number {
    return this.pending.size;
  }

  get closingCount(): number {
    return this.closing.size;
  }

  get empty(): boolean {
    return this.byId.size === 0;
  }

  get(id: number): UdpLink | undefined {
    return this.byId.get(id);
  }

  all(): UdpLink[] {
    return [...this.byId.values()];
  }

  /** The accepted link that an INIT led to before. */
  openedBy(host: string, port: number, remoteId: number): UdpLink | undefined {
    return this.byOrigin.get(originKey(host, port, remoteId));
  }

  oldestPending(): UdpLink | undefined {
    return first(this.pending);
  }

  oldestClosing(): UdpLink | undefined {
    return first(this.closing);
  }

  /** An id that no link has, open or closed. */
  freshId(): number {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const bytes = this.randomBytes(8);
      let id = (bytes[0] as number) & 0x1f;
      for (let i = 1; i < 7; i++) id = id * 256 + (bytes[i] as number);
      if (!this.byId.has(id) && !this.closed.has(id)) return id;
    }
    throw new Error('overlaycast: broken invariant: randomBytes answers random bytes');
  }

  add(link: UdpLink): void {
    const { id, dialled, remoteId } = link.connection;
    this.byId.set(id, link);
    if (dialled || remoteId === undefined) {
      this.links.add(link);
      return;
    }
    this.byOrigin.set(originKey(link.host, link.port, remoteId), link);
    this.pending.add(link);
  }

  /** An accepted link is up. */
  settle(link: UdpLink): void {
    this.pending.delete(link);
    this.links.add(link);
  }

  /** A link takes no part any more, though it may have something to send. */
  setClosing(link: UdpLink): void {
    if (!this.byId.has(link.connection.id)) return;
    this.forget(link);
    if (link.connection.closing) this.closing.add(link);
  }

  remove(link: UdpLink): void {
    const { id, dialled, remoteId, nextPacket } = link.connection;
    if (!this.byId.delete(id)) return;
    this.forget(link);
    if (remoteId === undefined) return;
    if (!dialled) this.byOrigin.delete(originKey(link.host, link.port, remoteId));
    this.closed.set(id, { host: link.host, port: link.port, remoteId, nextPacket });
    const oldest = first(this.closed.keys());
    if (this.closed.size > CLOSED_MAX && oldest !== undefined) this.closed.delete(oldest);
  }

  /** A packet that tells once more that a link is closed, where there was one with this id and address. */
  farewellOf(id: number, host: string, port: number, writer: PacketWriter): Uint8Array | undefined {
    const link = this.closed.get(id);
    if (link?.host !== host || link.port !== port || link.nextPacket >= NUMBER_END) return undefined;
    return writer.farewell(link.remoteId, link.nextPacket++, CLOSE_CODE.done);
  }

  /** @param linksMax that there may be, and that may be closing; @param pendingMax that may be opening from outside. */
  accounts({ linksMax, pendingMax }: { readonly linksMax: number; readonly pendingMax: number }): Account[] {
    const all = this.all();
    const open = all.filter(({ state }) => state !== 'closed');
    const accepted = all.filter(({ connection }) => !connection.dialled);
    const opening = open.filter(({ dialled, state }) => !dialled && state === 'opening').length;
    return [
      { what: 'links', counted: this.count, held: open.length - opening, max: linksMax },
      { what: 'links that others open', counted: this.pendingCount, held: all.filter((link) => this.pending.has(link)).length, max: pendingMax },
      { what: 'links closed here that still send', counted: this.closingCount, held: all.filter((link) => this.closing.has(link)).length, max: linksMax },
      { what: 'links by who opened them', counted: this.byOrigin.size, held: accepted.length },
    ];
  }

  private forget(link: UdpLink): void {
    this.links.delete(link);
    this.pending.delete(link);
    this.closing.delete(link);
  }
}

function originKey(host: string, port: number, remoteId: number): string {
  return `${host} ${port} ${remoteId}`;
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
