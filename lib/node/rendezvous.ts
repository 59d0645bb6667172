import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Random } from '../core/random.ts';
import type { Address } from '../transport/address.ts';
import { formatAddress } from '../transport/address.ts';
import type { Clock, TimerHandle } from '../transport/clock.ts';
import type { LinkDownReason } from '../transport/transport.ts';
import type { LinkTable } from './link-table.ts';
import type { KnownPeer } from './peer-table.ts';

/** Where to look, and how often; see `PeerOptions`. */
export interface RendezvousOptions {
  readonly bootstrap: readonly Address[];
  readonly bootstrapRetryMs: number;
  readonly bootstrapRetryMaxMs: number;
  readonly healIntervalMs: number;
}

/** What a rendezvous asks and tells. */
export interface RendezvousHandlers {
  /** How many neighbours the group has now. */
  neighbours(group: GroupRef): number;
  onContact(group: GroupRef, contact: PeerRef): void;
  /** Nobody could be reached through `addresses`; the next attempt comes in `inMs`. */
  onRetry(addresses: readonly string[], reason: string, inMs: number): void;
}

/** A group that looks for others: through anybody, or as a given graph through each of its addresses. */
type Seeker =
  | { readonly kind: 'anybody' }
  | { readonly kind: 'each'; readonly waiting: Map<string, Address>; readonly reached: Map<PeerRef, Address> };

/** Addresses and peers tried in one round. */
const TRIES = 3;
/** Lost peers remembered; the one lost longest ago goes first. */
const LOST_MAX = 64;
/** A contact that fails so soon after it was asked to let this peer in, in ms, may not have done so: it counts as lost. A guess: far more than a join takes. */
const ASKED_FOR_MS = 10_000;
/** A group that has neighbours is looked at this often, in ms. */
const WATCH_MS = 1000;
/** Lost peers are tried for this long, in ms: a guess. */
const LOST_FOR_MS = 3_600_000;

/**
 * Finds peers to join through. A group without neighbours tries bootstrap addresses,
 * peers that are linked for other groups and peers that were lost, with jittered
 * exponential backoff, for as long as it takes. Beside that one lost peer is tried now
 * and then: after a partition this leads the halves together.
 */
export class Rendezvous {
  private readonly links: LinkTable;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly options: RendezvousOptions;
  private readonly handlers: RendezvousHandlers;
  private readonly seekers = new Map<GroupRef, Seeker>();
  private readonly lost = new Map<PeerRef, { readonly addresses: readonly Address[]; readonly atMs: number }>();
  /** When whom was asked; the one asked longest ago goes first. */
  private readonly asked = new Map<PeerRef, number>();
  /**
   * Bootstrap addresses at which nobody has answered since they were last tried. Whoever
   * does is asked even if others have come meanwhile: they may be those who join through
   * this peer, and know nobody else.
   */
  private readonly unreached = new Map<string, Address>();
  private bootstrap: readonly Address[];
  private attempts = 0;
  private lastReason: string = 'nobody answered';
  private retry: TimerHandle | undefined = undefined;
  private retryAtMs = 0;
  private heal: TimerHandle | undefined = undefined;

  constructor(links: LinkTable, clock: Clock, random: Random, options: RendezvousOptions, handlers: RendezvousHandlers) {
    this.links = links;
    this.clock = clock;
    this.random = random;
    this.options = options;
    this.handlers = handlers;
    this.bootstrap = options.bootstrap;
    this.setHealTimer();
  }

  /** @param members the addresses of a given graph's neighbours; absent where anybody will do. */
  addGroup(group: GroupRef, members?: readonly Address[]): void {
    const waiting = new Map((members ?? []).map((address) => [formatAddress(address), address]));
    this.seekers.set(group, members === undefined ? { kind: 'anybody' } : { kind: 'each', waiting, reached: new Map() });
    this.attempts = 0;
    this.seek();
  }

  removeGroup(group: GroupRef): void {
    this.seekers.delete(group);
  }

  onPeerUp({ ref }: KnownPeer, dialled: Address | undefined): void {
    const lost = this.lost.delete(ref);
    const unreached = dialled !== undefined && this.unreached.delete(formatAddress(dialled));
    const returned = unreached || (lost && dialled !== undefined);
    for (const [group, seeker] of this.seekers) {
      if (seeker.kind === 'each') this.reach(group, seeker, ref, dialled);
      else if (this.handlers.neighbours(group) === 0 || returned) this.ask(group, ref);
    }
  }

  onPeerDown({ ref, met, addresses }: KnownPeer): void {
    for (const seeker of this.seekers.values()) {
      const address = seeker.kind === 'each' ? seeker.reached.get(ref) : undefined;
      if (seeker.kind !== 'each' || address === undefined) continue;
      seeker.reached.delete(ref);
      seeker.waiting.set(formatAddress(address), address);
    }
    // Strangers come and go; lost is who was wanted, and who was asked for a place that it may not have given.
    const wasAsked = this.clock.nowMs() - (this.asked.get(ref) ?? -Infinity) < ASKED_FOR_MS;
    this.asked.delete(ref);
    if (met && addresses.length > 0 && (wasAsked || this.links.isWanted(ref))) {
      this.lost.delete(ref);
      this.lost.set(ref, { addresses, atMs: this.clock.nowMs() });
      if (this.lost.size > LOST_MAX) for (const oldest of this.lost.keys()) { this.lost.delete(oldest); break; }
    }
    // Unless the attempts have been in vain already, the next one comes soon.
    if (this.attempts === 0) this.setRetryTimer();
  }

  onAddressFailed(address: Address, reason: LinkDownReason | 'own-address'): void {
    if (reason !== 'own-address') {
      this.lastReason = `${formatAddress(address)}: ${reason}`;
      return;
    }
    const own = formatAddress(address);
    this.bootstrap = this.bootstrap.filter((other) => formatAddress(other) !== own);
    this.unreached.delete(own);
    for (const seeker of this.seekers.values()) if (seeker.kind === 'each') seeker.waiting.delete(own);
  }

  close(): void {
    this.seekers.clear();
    this.retry?.cancel();
    this.heal?.cancel();
  }

  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const peers of [this.lost.keys(), this.asked.keys()]) for (const peer of peers) visit(peer);
    for (const seeker of this.seekers.values()) if (seeker.kind === 'each') for (const peer of seeker.reached.keys()) visit(peer);
  }

  /** One round for every group that needs somebody. */
  private seek(): void {
    const dials = new Map<string, Address>();
    for (const [group, seeker] of this.seekers) {
      if (seeker.kind === 'each') for (const [text, address] of seeker.waiting) dials.set(text, address);
      else if (this.handlers.neighbours(group) === 0) this.seekAnybody(group, dials);
    }
    for (const address of dials.values()) this.links.dial(address);
    this.setRetryTimer([...dials.keys()]);
  }

  private seekAnybody(group: GroupRef, dials: Map<string, Address>): void {
    const up = this.random.sample(this.links.upPeers(), TRIES);
    for (const peer of up) this.ask(group, peer);
    // Those may not be members: the next round looks further.
    if (up.length > 0 && this.attempts === 0) return;
    const remembered = [...this.lost.values()].flatMap(({ addresses }) => addresses.slice(0, 1));
    const bootstrap = this.random.sample([...this.bootstrap], TRIES);
    for (const address of bootstrap) this.unreached.set(formatAddress(address), address);
    for (const address of [...bootstrap, ...this.random.sample(remembered, TRIES)]) dials.set(formatAddress(address), address);
  }

  private ask(group: GroupRef, contact: PeerRef): void {
    this.asked.delete(contact);
    this.asked.set(contact, this.clock.nowMs());
    if (this.asked.size > LOST_MAX) for (const oldest of this.asked.keys()) { this.asked.delete(oldest); break; }
    this.handlers.onContact(group, contact);
  }

  private reach(group: GroupRef, seeker: Extract<Seeker, { kind: 'each' }>, peer: PeerRef, dialled: Address | undefined): void {
    if (dialled === undefined) return;
    const text = formatAddress(dialled);
    if (!seeker.waiting.delete(text)) return;
    seeker.reached.set(peer, dialled);
    this.handlers.onContact(group, peer);
  }

  private needy(): boolean {
    for (const [group, seeker] of this.seekers) {
      if (seeker.kind === 'each' ? seeker.waiting.size > 0 : this.handlers.neighbours(group) === 0) return true;
    }
    return false;
  }

  /** @param tried what was dialled just now; it is said when it turns out to have been in vain. */
  private setRetryTimer(tried: readonly string[] = []): void {
    const waitMs = this.backoffMs() * (0.5 + this.random.float());
    const atMs = this.clock.nowMs() + waitMs;
    if (this.retry !== undefined && this.retryAtMs <= atMs) return;
    this.retry?.cancel();
    this.retryAtMs = atMs;
    this.retry = this.clock.setTimer(waitMs, () => {
      this.retry = undefined;
      if (!this.needy()) {
        this.attempts = 0;
        this.watch();
        return;
      }
      this.attempts++;
      if (tried.length > 0) this.handlers.onRetry(tried, this.lastReason, this.backoffMs());
      this.seek();
    });
  }

  /** While nobody is needed it looks now and then whether that is still so: a group may lose its neighbours without a link failing. */
  private watch(): void {
    this.retryAtMs = this.clock.nowMs() + WATCH_MS;
    this.retry = this.clock.setTimer(WATCH_MS, () => {
      this.retry = undefined;
      if (this.needy()) this.seek();
      else this.watch();
    });
  }

  private backoffMs(): number {
    const { bootstrapRetryMs, bootstrapRetryMaxMs } = this.options;
    return Math.min(bootstrapRetryMaxMs, bootstrapRetryMs * 2 ** Math.min(this.attempts, 20));
  }

  private setHealTimer(): void {
    this.heal = this.clock.setTimer(this.options.healIntervalMs * (0.5 + this.random.float()), () => {
      this.setHealTimer();
      const nowMs = this.clock.nowMs();
      for (const [peer, { atMs }] of this.lost) if (nowMs - atMs > LOST_FOR_MS) this.lost.delete(peer);
      const candidates = [...[...this.lost.values()].flatMap(({ addresses }) => addresses.slice(0, 1)), ...this.unreached.values()];
      const candidate = this.random.pick(candidates);
      if (candidate !== undefined && this.seekers.size > 0) this.links.dial(candidate);
    });
  }
}
