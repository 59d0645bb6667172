import type { PeerRef } from '../../../lib/core/ids.ts';
import { encodeDescriptor } from '../../../lib/node/descriptor.ts';
import { encodeHello } from '../../../lib/node/hello.ts';
import { LinkTable } from '../../../lib/node/link-table.ts';
import type { LinkTableHandlers, LinkTableOptions } from '../../../lib/node/link-table-parts.ts';
import { type PeerId, PeerTable } from '../../../lib/node/peer-table.ts';
import { type Address, type TransportKind, formatAddress, parseAddress } from '../../../lib/transport/address.ts';
import type { Delivery, Link, LinkDownReason, Priority, Transport } from '../../../lib/transport/transport.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';

/** A link whose fate the test decides. */
export class FakeLink implements Link {
  readonly transport: TransportKind;
  readonly dialled: boolean;
  readonly remote: Address;
  readonly rttMs = undefined;
  state: 'opening' | 'up' | 'closed' = 'opening';
  hello: Uint8Array = new Uint8Array(0);
  queuedBytes = 0;
  heardMs = 0;
  /** What was sent, head and body as text, with its priority where that is not `data`. */
  readonly sent: string[] = [];

  constructor(remote: Address, dialled: boolean) {
    this.transport = remote.transport;
    this.dialled = dialled;
    this.remote = remote;
  }

  send(head: Uint8Array, body: Uint8Array | undefined, priority: Priority, _delivery: Delivery): boolean {
    if (this.state === 'closed') return false;
    const text = Buffer.concat([head, body ?? new Uint8Array(0)]).toString();
    this.sent.push(priority === 'data' ? text : `${priority}:${text}`);
    return true;
  }

  close(): void {
    this.state = 'closed';
  }
}

export class FakeTransport implements Transport {
  readonly transport: TransportKind;
  readonly counters = {};
  readonly dialled: FakeLink[] = [];

  constructor(transport: TransportKind) {
    this.transport = transport;
  }

  listen(address: Address): Promise<Address> {
    return Promise.resolve(address);
  }

  dial(address: Address): FakeLink {
    const link = new FakeLink(address, true);
    this.dialled.push(link);
    return link;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The id of peer `n`: the byte `n`, sixteen times. */
export function idBytes(n: number): Uint8Array {
  return new Uint8Array(16).fill(n);
}

export function id(n: number): PeerId {
  return Buffer.from(idBytes(n)).toString('hex');
}

export function descriptorOf(n: number, addresses: readonly string[] = []): Uint8Array {
  return encodeDescriptor(idBytes(n), addresses.map((text) => parseAddress(text, 'test')));
}

export function helloOf(n: number, addresses: readonly string[] = [], epoch = 1): Uint8Array {
  return encodeHello({ epoch, descriptor: descriptorOf(n, addresses) });
}

/** Peers known at a time. */
export const PEERS_MAX = 16_384;

/** What peer `n` listens on. */
export function udpOf(n: number): string {
  return `udp://10.0.0.${n}:7000`;
}

export function tcpOf(n: number): string {
  return `tcp://10.0.0.${n}:7000`;
}

const OPTIONS: LinkTableOptions = { prefer: 'auto', largeBytes: 100, idleLinkMs: 15_000, dialFirst: 'udp', queueBytesMax: 1000, linksMax: 256, bootstrapRetryMs: 250, bootstrapRetryMaxMs: 30_000 };

/** The link table of peer `self`, with transports that do what the test says and a log of all that it tells. */
export class LinkBed implements LinkTableHandlers {
  readonly clock: VirtualClock;
  readonly table: PeerTable;
  readonly links: LinkTable;
  readonly udp = new FakeTransport('udp');
  readonly tcp = new FakeTransport('tcp');
  readonly names = new Map<string, Promise<readonly string[]>>();
  private told: string[] = [];

  constructor(options: Partial<LinkTableOptions> = {}, self = 1, clock = new VirtualClock()) {
    this.clock = clock;
    this.table = new PeerTable(idBytes(self), PEERS_MAX, (visit) => this.links.linked().forEach(({ peer }) => visit(peer)));
    const resolve = (host: string): Promise<readonly string[]> => this.names.get(host) ?? Promise.reject(new Error('no such name'));
    this.links = new LinkTable(this.table, { clock, resolve }, { ...OPTIONS, ...options }, this);
    this.links.addTransport(this.udp);
    this.links.addTransport(this.tcp);
  }

  /** Has heard of peer `n`. */
  known(n: number, addresses: readonly string[] = [udpOf(n), tcpOf(n)]): PeerRef {
    const ref = this.table.refOfDescriptor(descriptorOf(n, addresses));
    if (ref === undefined) throw new Error('the table is full');
    return ref;
  }

  /** The addresses dialled so far. */
  get dials(): string[] {
    return [...this.udp.dialled, ...this.tcp.dialled].map(({ remote }) => formatAddress(remote));
  }

  /** The `nth` link dialled over `kind`. */
  dialled(kind: TransportKind, nth = 0): FakeLink {
    const link = this[kind].dialled[nth];
    if (link === undefined) throw new Error(`${kind} dialled only ${this[kind].dialled.length} links`);
    return link;
  }

  /** The other end of `link` has said that it is peer `n`. */
  up(link: FakeLink, n: number, addresses: readonly string[] = [udpOf(n), tcpOf(n)], epoch = 1): FakeLink {
    link.state = 'up';
    link.hello = helloOf(n, addresses, epoch);
    link.heardMs = this.clock.nowMs();
    this.links.onLinkUp(link);
    return link;
  }

  /** Peer `n` has dialled this one. */
  accept(kind: TransportKind, n: number, epoch = 1): FakeLink {
    return this.up(new FakeLink({ transport: kind, host: `10.0.0.${n}`, port: 50_000 }, false), n, [udpOf(n), tcpOf(n)], epoch);
  }

  down(link: FakeLink, reason: LinkDownReason): void {
    link.state = 'closed';
    this.links.onLinkDown(link, reason);
  }

  send(to: PeerRef, text: string, priority: Priority = 'data'): boolean {
    return this.links.send(to, Buffer.from(text), undefined, priority, 'reliable');
  }

  /** What was told since the last call. */
  take(): string[] {
    const { told } = this;
    this.told = [];
    return told;
  }

  onPeerUp(peer: { readonly id: PeerId }, dialled: Address | undefined): void {
    this.told.push(`up ${this.nameOf(peer.id)}${dialled === undefined ? '' : ` by ${formatAddress(dialled)}`}`);
  }

  onPeerDown(peer: PeerRef, reason: LinkDownReason): void {
    this.told.push(`down ${this.nameOf(this.table.get(peer).id)} ${reason}`);
  }

  onFrame(from: PeerRef, frame: Uint8Array): void {
    this.told.push(`frame ${this.nameOf(this.table.get(from).id)} ${Buffer.from(frame).toString()}`);
  }

  onDrain(peer: PeerRef): void {
    this.told.push(`drain ${this.nameOf(this.table.get(peer).id)}`);
  }

  onAddressFailed(address: Address, reason: string): void {
    this.told.push(`failed ${formatAddress(address)} ${reason}`);
  }

  private nameOf(peer: PeerId): string {
    return String(parseInt(peer.slice(0, 2), 16));
  }
}
