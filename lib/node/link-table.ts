import type { PeerRef } from '../core/ids.ts';
import type { Account } from '../transport/account.ts';
import type { Address, TransportKind } from '../transport/address.ts';
import type { Clock } from '../transport/clock.ts';
import type { Delivery, Link, LinkDownReason, Priority, Transport, TransportHandlers } from '../transport/transport.ts';
import { AddressDials } from './address-dials.ts';
import { FlapDamping } from './flap-damping.ts';
import { decodeHello } from './hello.ts';
import { LinkChoice } from './link-choice.ts';
import type { LinkTableHandlers, LinkTableNeeds, LinkTableOptions } from './link-table-parts.ts';
import { PeerDials } from './peer-dials.ts';
import { LinkedPeers, type PeerLinks } from './peer-links.ts';
import type { KnownPeer, PeerTable } from './peer-table.ts';

/** Further links of one peer that are kept until it closes them; the oldest is closed here. */
const SPARES_MAX = 4;

/**
 * Which links lead to which peer. Opens them on demand, tries the addresses of a peer
 * one after the other, keeps one of two when both ends dialled at once, and chooses
 * between UDP and TCP for each frame.
 */
export class LinkTable implements TransportHandlers {
  private readonly transports = new Map<TransportKind, Transport>();
  private readonly table: PeerTable;
  private readonly clock: Clock;
  private readonly options: LinkTableOptions;
  private readonly handlers: LinkTableHandlers;
  private readonly choice: LinkChoice;
  private readonly damping = new FlapDamping<string>();
  private readonly byPeer = new LinkedPeers();
  /** Weak, since a link that was let go may still bring frames, and says nothing when it is done. */
  private readonly owners = new WeakMap<Link, Owner>();
  private readonly addresses: AddressDials;
  private readonly dials: PeerDials;
  private closed = false;
  readonly counters = { dialled: 0, damped: 0, badHello: 0, ownHello: 0, tableFull: 0, doubles: 0, waitingDropped: 0, evicted: 0, dialsDropped: 0, restarts: 0, staleHello: 0 };

  constructor(table: PeerTable, { clock, resolve }: LinkTableNeeds, options: LinkTableOptions, handlers: LinkTableHandlers) {
    this.table = table;
    this.clock = clock;
    this.addresses = new AddressDials(resolve);
    this.options = options;
    this.choice = new LinkChoice(options.prefer, options.largeBytes);
    this.dials = new PeerDials(options.linksMax, (peer) => this.isWanted(peer));
    this.handlers = handlers;
  }

  addTransport(transport: Transport): void {
    this.transports.set(transport.transport, transport);
  }

  /**
   * Queues a frame for a peer, over a link that is opened if need be. False when it had to be dropped.
   * @param bulk it is one of many that are brought at once, as when a newcomer catches up.
   */
  send(to: PeerRef, head: Uint8Array, body: Uint8Array | undefined, priority: Priority, delivery: Delivery, bulk = false): boolean {
    const links = this.byPeer.made(to, this.clock.nowMs());
    const bytes = head.length + (body?.length ?? 0);
    links.usedMs = this.clock.nowMs();
    // The first large frame opens the TCP link; those before it is up go by UDP.
    if (links.udp !== undefined && links.tcp === undefined && this.choice.prefersTcp(bytes)) this.openTcp(links);
    const link = this.choice.pick(links, bytes, bulk);
    if (link !== undefined) return link.send(head, body, priority, delivery);
    if (!links.waiting.offer({ head, body, priority, delivery, bulk }, this.options.queueBytesMax)) {
      this.counters.waitingDropped++;
      return false;
    }
    this.open(links);
    return true;
  }

  /** Keeps a link to `peer`, opened now if there is none, until `unwant` has been called as often. */
  want(peer: PeerRef): void {
    const links = this.byPeer.made(peer, this.clock.nowMs());
    links.wanted++;
    this.open(links);
  }

  unwant(peer: PeerRef): void {
    const links = this.byPeer.get(peer);
    if (links === undefined || links.wanted === 0) return;
    links.wanted--;
    links.usedMs = this.clock.nowMs();
  }

  isWanted(peer: PeerRef): boolean {
    return (this.byPeer.get(peer)?.wanted ?? 0) > 0;
  }

  /** Dials an address of which it is not known who answers there. */
  dial(address: Address): void {
    this.addresses.begin(address, () => this.dialHost(address, 'unreachable'));
  }

  /** Whether a link to `peer` is up. */
  isUp(peer: PeerRef): boolean {
    return this.byPeer.get(peer)?.isUp === true;
  }

  /** When something last came over a link to `peer`, by the clock; 0 when none is up. */
  heardMs(peer: PeerRef): number {
    return this.byPeer.get(peer)?.heardMs ?? 0;
  }

  /** The links to `peer` that are up. */
  up(peer: PeerRef): readonly Link[] {
    return this.byPeer.get(peer)?.up ?? [];
  }

  /** The peers to which a link is up, those first with which something was last exchanged. */
  upPeers(): PeerRef[] {
    return this.byPeer.up().sort((x, y) => y.usedMs - x.usedMs).map(({ peer }) => peer);
  }

  /** Whether a frame of `bytes` would leave at most `roomBytes` waiting on each link to `peer`; an empty queue has room for any frame. */
  hasRoom(peer: PeerRef, bytes: number, roomBytes: number): boolean {
    const links = this.byPeer.get(peer);
    return links === undefined || this.choice.hasRoom(links, bytes, roomBytes);
  }

  /** Gives up a peer that no longer answers: closes its links and says that it is down. */
  fail(peer: PeerRef, reason: LinkDownReason): void {
    const links = this.byPeer.get(peer);
    if (links === undefined) return;
    for (const link of links.all) this.release(link);
    this.damping.onFailure(this.table.get(peer).id, this.clock.nowMs());
    this.peerDown(links, reason);
  }

  /** Closes links that nobody wants and that were not used for a while. To be called now and then. */
  sweep(): void {
    const nowMs = this.clock.nowMs();
    for (const links of this.byPeer.all()) {
      if (links.isIdle(nowMs, this.options.idleLinkMs)) this.forget(links);
    }
  }

  /** Nothing is opened or reported any more. The transports close the links. */
  close(): void {
    this.closed = true;
    this.byPeer.clear();
  }

  /** Every peer with links, or with the wish for them. */
  linked(): readonly PeerLinks[] {
    return this.byPeer.all();
  }

  accounts(): Account[] {
    return [...this.dials.accounts(), ...this.byPeer.all().flatMap(({ waiting }) => waiting.accounts())];
  }

  onLinkUp(link: Link): void {
    this.dials.delete(link);
    if (this.closed) return;
    const hello = decodeHello(link.hello);
    const owner = this.owners.get(link);
    this.owners.delete(link);
    if (hello === undefined) return this.refuse(link, owner, 'badHello');
    const peer = this.table.meet(hello.descriptor);
    if (peer === undefined) return this.refuse(link, owner, 'tableFull');
    if (peer === this.table.self) return this.refuse(link, owner, 'ownHello');
    if (this.damping.suppressed(peer.id, this.clock.nowMs())) return this.refuse(link, owner, 'damped');
    const before = this.byPeer.get(peer.ref);
    if (before !== undefined && before.isUp && hello.epoch < before.epoch) return this.refuse(link, owner, 'staleHello');
    // Somebody else answers where a peer was: that peer must be looked for elsewhere.
    if (owner?.kind === 'peer' && owner.peer !== peer.ref) this.dialFailed(owner.peer, 'unreachable');
    if (before !== undefined && before.isUp && hello.epoch > before.epoch) this.endIncarnation(before, link);
    if (!link.dialled && before === undefined) this.makeRoom();
    this.take(link, peer, owner, hello.epoch);
  }

  onFrame(link: Link, frame: Uint8Array): void {
    const owner = this.owners.get(link);
    if (owner?.kind !== 'peer' || this.closed) return;
    const links = this.byPeer.get(owner.peer);
    // A link that was let go may still bring frames of a peer that nobody refers to any more, and that may be forgotten.
    if (links === undefined) return;
    links.usedMs = Math.max(links.usedMs, link.heardMs);
    this.handlers.onFrame(owner.peer, frame);
  }

  onLinkDown(link: Link, reason: LinkDownReason): void {
    this.dials.delete(link);
    const owner = this.owners.get(link);
    this.owners.delete(link);
    if (owner === undefined || this.closed) return;
    if (owner.kind === 'address') return this.dialHost(owner.address, reason);
    const links = this.byPeer.get(owner.peer);
    if (links === undefined) return;
    if (links.dialling === link) return this.dialFailed(owner.peer, reason);
    if (!links.drop(link) || links.isUp) return;
    if (reason !== 'closed') this.damping.onFailure(this.table.get(owner.peer).id, this.clock.nowMs());
    else if (links.wanted === 0) return this.forget(links);
    this.peerDown(links, reason);
  }

  onDrain(link: Link): void {
    const owner = this.owners.get(link);
    if (owner?.kind === 'peer' && !this.closed) this.handlers.onDrain(owner.peer);
  }

  /** A peer that has started anew knows nothing of the links that it had, nor of its neighbours. */
  private endIncarnation(links: PeerLinks, except: Link): void {
    this.counters.restarts++;
    for (const link of links.all) if (link !== except) this.release(link);
    if (links.dialling === except) links.dialling = undefined;
    this.peerDown(links, 'closed');
  }

  /** A link whose other end is known: keeps it, or the one that was there. */
  private take(link: Link, peer: KnownPeer, owner: Owner | undefined, epoch: number): void {
    const links = this.byPeer.made(peer.ref, this.clock.nowMs());
    const wasUp = this.isUp(peer.ref);
    const before = links[link.transport];
    this.owners.set(link, { kind: 'peer', peer: peer.ref });
    if (links.dialling === link) links.dialling = undefined;
    if (link.transport === 'tcp') links.tcpFailures = 0;
    if (before === undefined) links[link.transport] = link;
    else this.choose(links, link, before, peer);
    links.usedMs = this.clock.nowMs();
    links.epoch = epoch;
    this.sendWaiting(links);
    const dialled = owner?.kind === 'address' ? owner.address : undefined;
    if (dialled !== undefined) this.addresses.end(dialled);
    if (!wasUp || dialled !== undefined) this.handlers.onPeerUp(peer, dialled);
  }

  /**
   * Of two links one is kept, and both ends must choose alike. Dialled by different ends:
   * the one that the peer with the smaller id has dialled. Dialled by one end: that end
   * keeps the first, and the other waits for what it closes.
   */
  private choose(links: PeerLinks, link: Link, before: Link, peer: KnownPeer): void {
    this.counters.doubles++;
    if (link.dialled === before.dialled) {
      if (link.dialled) return link.close();
      links.spares.push(before);
      links[link.transport] = link;
      if (links.spares.length > SPARES_MAX) links.spares.shift()?.close();
    } else if (link.dialled === this.table.self.id < peer.id) {
      links[link.transport] = link;
      before.close();
    } else {
      link.close();
    }
  }

  private addressFailed(address: Address, reason: LinkDownReason | 'own-address'): void {
    this.addresses.end(address);
    this.handlers.onAddressFailed(address, reason);
  }

  private refuse(link: Link, owner: Owner | undefined, why: 'badHello' | 'tableFull' | 'ownHello' | 'damped' | 'staleHello'): void {
    this.counters[why]++;
    link.close();
    const reason = why === 'badHello' ? 'protocol-error' : 'refused';
    if (owner?.kind === 'address' && why === 'ownHello') this.addressFailed(owner.address, 'own-address');
    else if (owner?.kind === 'address') this.dialHost(owner.address, reason);
    else if (owner?.kind === 'peer') this.dialFailed(owner.peer, reason);
  }

  private openTcp(links: PeerLinks): void {
    if (links.dialling !== undefined || this.clock.nowMs() < links.tcpRetryAtMs) return;
    const address = this.table.get(links.peer).addresses.find(({ transport }) => transport === 'tcp');
    if (address === undefined || !this.transports.has('tcp')) links.tcpRetryAtMs = Infinity;
    else this.dialFor(links, address);
  }

  /** Dials the next host of an address; when there is none, it has failed for `reason`. */
  private dialHost(asked: Address, reason: LinkDownReason): void {
    if (this.closed) return;
    const address = this.addresses.next(asked);
    if (address === undefined) return this.addressFailed(asked, reason);
    const transport = this.transports.get(address.transport);
    if (transport === undefined) return;
    const known = this.upAt(address);
    if (known !== undefined) {
      this.addresses.end(asked);
      return this.handlers.onPeerUp(known, asked);
    }
    this.makeRoom();
    this.counters.dialled++;
    this.owners.set(transport.dial(address), { kind: 'address', address: asked });
  }

  /** Begins to dial the addresses of a peer, when there is no link and none is being opened. */
  private open(links: PeerLinks): void {
    if (links.dialling !== undefined || links.isUp || links.failing || this.closed) return;
    const { id, addresses } = this.table.get(links.peer);
    const { dialFirst: first } = this.options;
    const usable = addresses.filter(({ transport }) => this.transports.has(transport));
    links.candidates = [...usable.filter(({ transport }) => transport === first), ...usable.filter(({ transport }) => transport !== first)];
    if (this.damping.suppressed(id, this.clock.nowMs())) {
      this.counters.damped++;
      links.candidates = [];
    }
    this.dialNext(links, 'unreachable');
  }

  private dialNext(links: PeerLinks, reason: LinkDownReason): void {
    const address = links.candidates.shift();
    if (address !== undefined) return this.dialFor(links, address);
    // Never from within the call that asked for the link.
    links.failing = true;
    this.clock.setTimer(0, () => {
      links.failing = false;
      if (!this.closed && this.byPeer.get(links.peer) === links && !links.isUp) this.peerDown(links, reason);
    });
  }

  private dialFor(links: PeerLinks, address: Address): void {
    const transport = this.transports.get(address.transport);
    if (transport === undefined) return;
    this.makeRoom(links);
    this.dropSurplusDial();
    this.counters.dialled++;
    links.dialling = transport.dial(address);
    this.dials.add(links.dialling, links.peer);
    this.owners.set(links.dialling, { kind: 'peer', peer: links.peer });
  }

  private dialFailed(peer: PeerRef, reason: LinkDownReason): void {
    const links = this.byPeer.get(peer);
    if (links === undefined) return;
    if (links.dialling?.transport === 'tcp') this.tcpFailed(links);
    links.dialling = undefined;
    if (!this.isUp(peer)) this.dialNext(links, reason);
  }

  /** Large frames go by UDP for a while. */
  private tcpFailed(links: PeerLinks): void {
    const { bootstrapRetryMs, bootstrapRetryMaxMs } = this.options;
    links.tcpRetryAtMs = this.clock.nowMs() + Math.min(bootstrapRetryMaxMs, bootstrapRetryMs * 2 ** Math.min(links.tcpFailures++, 20));
  }

  private sendWaiting(links: PeerLinks): void {
    for (const { head, body, priority, delivery, bulk } of links.waiting.takeAll()) this.send(links.peer, head, body, priority, delivery, bulk);
  }

  private peerDown(links: PeerLinks, reason: LinkDownReason): void {
    this.counters.waitingDropped += links.waiting.size;
    this.release(links.dialling);
    const { wanted } = links;
    this.byPeer.delete(links.peer);
    // Those who asked for the link are told, and take their wish back one by one.
    if (wanted > 0) this.byPeer.made(links.peer, this.clock.nowMs()).wanted = wanted;
    this.handlers.onPeerDown(links.peer, reason);
  }

  private forget(links: PeerLinks): void {
    this.byPeer.delete(links.peer);
    for (const link of links.all) this.release(link);
  }

  /** Frames that still come in over a link that was let go count as strangers'. */
  private release(link: Link | undefined): void {
    if (link === undefined) return;
    this.owners.delete(link);
    this.dials.delete(link);
    link.close();
  }

  /** Gives up a dial for one that comes, when there are too many for peers that nobody wants. */
  private dropSurplusDial(): void {
    const surplus = this.dials.surplus();
    const links = surplus === undefined ? undefined : this.byPeer.get(surplus);
    if (links?.dialling === undefined) return;
    this.counters.dialsDropped++;
    this.release(links.dialling);
    links.candidates = [];
    this.dialFailed(links.peer, 'too-many');
  }

  /** The peer that is linked already and listens at `address`. */
  private upAt({ transport, host, port }: Address): KnownPeer | undefined {
    for (const { peer } of this.byPeer.up()) {
      const known = this.table.get(peer);
      if (known.addresses.some((other) => other.transport === transport && other.host === host && other.port === port)) return known;
    }
    return undefined;
  }

  /** Policy: of the links that nobody asked for, the one unused longest goes. */
  private makeRoom(except?: PeerLinks): void {
    const oldest = this.byPeer.size < 0.75 * this.options.linksMax ? undefined : this.byPeer.leastUsed(except);
    if (oldest === undefined) return;
    this.counters.evicted++;
    this.forget(oldest);
  }
}

/** Whom a link was dialled for, or leads to. */
type Owner =
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'peer'; readonly peer: PeerRef };
