import type { PeerRef } from '../core/ids.ts';
import type { Account } from '../transport/account.ts';
import type { Address } from '../transport/address.ts';
import type { Delivery, Link, Priority } from '../transport/transport.ts';

/** Frames that wait while a link to one peer opens; further ones are refused. */
const WAITING_FRAMES_MAX = 1024;

/** So many times as long is waited where the other end dialled: it may want a link that is quiet, and closes it when it does not. A guess. */
const ACCEPTED_IDLE_TIMES = 4;

/** A frame that waits for a link. */
export interface WaitingFrame {
  readonly head: Uint8Array;
  readonly body: Uint8Array | undefined;
  readonly priority: Priority;
  readonly delivery: Delivery;
  readonly bulk: boolean;
}

/** What is to be sent to a peer once a link to it is up. Bounded in frames and bytes; one frame always fits. */
export class WaitingFrames {
  private frames: WaitingFrame[] = [];
  bytes = 0;

  get size(): number {
    return this.frames.length;
  }

  /** Answers whether there was room. */
  offer(frame: WaitingFrame, bytesMax: number): boolean {
    const bytes = frame.head.length + (frame.body?.length ?? 0);
    if (this.frames.length >= WAITING_FRAMES_MAX || (this.frames.length > 0 && this.bytes + bytes > bytesMax)) return false;
    this.frames.push(frame);
    this.bytes += bytes;
    return true;
  }

  accounts(): Account[] {
    const bytes = this.frames.reduce((sum, { head, body }) => sum + head.length + (body?.length ?? 0), 0);
    return [{ what: 'bytes that wait for a link', counted: this.bytes, held: bytes }];
  }

  takeAll(): readonly WaitingFrame[] {
    const { frames } = this;
    this.frames = [];
    this.bytes = 0;
    return frames;
  }
}

/** The links to one peer, and the wish for them. */
export class PeerLinks {
  readonly peer: PeerRef;
  /** The links that are up. */
  udp: Link | undefined = undefined;
  tcp: Link | undefined = undefined;
  dialling: Link | undefined = undefined;
  /** Links that are up too, and are not sent over: the other end dialled twice, and decides which of its links to keep. */
  spares: Link[] = [];
  /** Addresses still to be tried. */
  candidates: Address[] = [];
  readonly waiting = new WaitingFrames();
  /** The incarnation of the peer that the links lead to. */
  epoch = 0;
  /** How often a protocol asked for a link. */
  wanted = 0;
  /** When a frame was last sent or came in, or a link came up; signs of life do not count. */
  usedMs: number;
  /** All addresses were tried in vain; the report is under way. */
  failing = false;
  /** Its TCP address has not answered so many times in a row, and is not tried before then: large frames go by UDP. */
  tcpFailures = 0;
  tcpRetryAtMs = 0;

  constructor(peer: PeerRef, nowMs: number) {
    this.peer = peer;
    this.usedMs = nowMs;
  }

  get isUp(): boolean {
    return this.udp !== undefined || this.tcp !== undefined;
  }

  /** The links that are up. */
  get up(): readonly Link[] {
    return [this.udp, this.tcp].filter((link) => link !== undefined);
  }

  /** Whether nobody wants them, and no frame has gone over them for so long that they should be closed. */
  isIdle(nowMs: number, idleLinkMs: number): boolean {
    const accepted = this.isUp && this.udp?.dialled !== true && this.tcp?.dialled !== true;
    const idleMs = accepted ? ACCEPTED_IDLE_TIMES * idleLinkMs : idleLinkMs;
    return this.wanted === 0 && this.dialling === undefined && nowMs - this.usedMs > idleMs;
  }

  /** Every link that there is. */
  get all(): readonly Link[] {
    return [this.udp, this.tcp, this.dialling, ...this.spares].filter((link) => link !== undefined);
  }

  /** The link is down: forgets it, and puts a spare in its place. Answers whether it was one of these. */
  drop(link: Link): boolean {
    const spare = this.spares.indexOf(link);
    if (spare >= 0) this.spares.splice(spare, 1);
    if (spare >= 0 || this[link.transport] !== link) return spare >= 0;
    const next = this.spares.findLast(({ transport }) => transport === link.transport);
    this[link.transport] = next;
    if (next !== undefined) this.spares.splice(this.spares.indexOf(next), 1);
    return true;
  }

  /** When something last came over a link that is up; 0 when none is. */
  get heardMs(): number {
    return Math.max(this.udp?.heardMs ?? 0, this.tcp?.heardMs ?? 0);
  }
}

/** The links by peer. */
export class LinkedPeers {
  private readonly byPeer = new Map<PeerRef, PeerLinks>();

  get size(): number {
    return this.byPeer.size;
  }

  get(peer: PeerRef): PeerLinks | undefined {
    return this.byPeer.get(peer);
  }

  made(peer: PeerRef, nowMs: number): PeerLinks {
    let links = this.byPeer.get(peer);
    if (links === undefined) {
      links = new PeerLinks(peer, nowMs);
      this.byPeer.set(peer, links);
    }
    return links;
  }

  delete(peer: PeerRef): void {
    this.byPeer.delete(peer);
  }

  clear(): void {
    this.byPeer.clear();
  }

  all(): PeerLinks[] {
    return [...this.byPeer.values()];
  }

  /** Those with a link that is up. */
  up(): PeerLinks[] {
    return this.all().filter(({ isUp }) => isUp);
  }

  /** Of those that nobody wants, and that are up, the one unused longest. */
  leastUsed(except: PeerLinks | undefined): PeerLinks | undefined {
    const idle = this.up().filter((links) => links !== except && links.wanted === 0 && links.dialling === undefined);
    return idle.sort((x, y) => x.usedMs - y.usedMs)[0];
  }
}
