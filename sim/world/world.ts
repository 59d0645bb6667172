import type { GroupConfig } from '../../lib/core/config.ts';
import type { Effects, Timer } from '../../lib/core/effects.ts';
import { assert, invalidOption } from '../../lib/core/errors.ts';
import { type GroupRef, type PeerRef, groupRef, peerRef } from '../../lib/core/ids.ts';
import type { IdOf } from '../../lib/core/message-key.ts';
import { Random } from '../../lib/core/random.ts';
import { PeerEngine } from '../../lib/peer/engine.ts';
import type { PublishOutcome } from '../../lib/peer/group.ts';
import { Codec } from '../../lib/wire/codec.ts';
import { EventQueue } from './event-queue.ts';
import { HostConditions } from './host-conditions.ts';
import { LinkTable } from './link-table.ts';
import { ACTION, ARRIVAL, type Action, NETWORK_DEFAULTS, Network, type NetworkOptions, TIMER } from './network.ts';
import { type Observer, SilentObserver } from './observer.ts';
import { type BegunFault, type PacketFault, PacketFaults } from './packet-faults.ts';
import type { Paths } from './paths.ts';
import { SimulatedDirectory } from './simulated-directory.ts';
import { Slab } from './slab.ts';
import { TraceHash, kindWord } from './trace-hash.ts';
import { WorldEffects } from './world-effects.ts';

/** The group of a world in which there is one. */
export const GROUP: GroupRef = groupRef(1);

/** Events looked at ahead: about as many reads as a processor waits for at a time. */
const AHEAD = 32;

/** Conditions of a world; what is left out has the defaults of `NETWORK_DEFAULTS`, and nobody watches. */
export interface WorldOptions extends Partial<NetworkOptions> {
  readonly seed: number;
  readonly observer?: Observer;
}

/**
 * A virtual world: peers on hosts 0 to n - 1, one clock, one event queue, one
 * network. It drives the same `PeerEngine` as sockets do. Time moves only by
 * popping events; everything is drawn from the seed.
 */
export class World {
  readonly peers: number;
  private readonly engines: (PeerEngine | undefined)[];
  /** Counts a host's peers, crashed ones included: timers of an earlier one are stale. */
  private readonly incarnations: Uint32Array;
  private readonly links: LinkTable;
  private readonly queue = new EventQueue();
  private readonly slab = new Slab<unknown>();
  private readonly hash: TraceHash;
  private readonly network: Network;
  private readonly paths: Paths;
  private readonly faults: PacketFaults;
  /** None until a fault strikes a host. */
  private hosts: HostConditions | undefined = undefined;
  private readonly options: NetworkOptions;
  private readonly observer: Observer;
  private readonly random: Random;
  private readonly idOf: IdOf;
  private readonly effects: WorldEffects;
  private timeUs = 0;
  private readonly targetsAhead = new Int32Array(AHEAD);
  /** Keeps the reads of `readAhead` from being optimised away. */
  protected read = 0;
  private stopped = false;
  /** Events handled so far. */
  events = 0;

  constructor(paths: Paths, options: WorldOptions) {
    this.peers = paths.hosts;
    this.paths = paths;
    this.engines = new Array<PeerEngine | undefined>(paths.hosts).fill(undefined);
    this.incarnations = new Uint32Array(paths.hosts);
    this.links = new LinkTable(this.incarnations);
    this.options = { ...NETWORK_DEFAULTS, ...options };
    this.observer = options.observer ?? new SilentObserver();
    this.random = new Random(options.seed);
    this.hash = new TraceHash(options.seed);
    const directory = new SimulatedDirectory(paths.hosts);
    this.idOf = (peer) => directory.idOf(peer);
    const codec = new Codec(directory);
    const random = this.random.fork('network');
    this.faults = new PacketFaults(this.random.fork('faults'));
    const { queue, slab, observer, faults } = this;
    const onLinkFailed = (owner: PeerRef, peer: PeerRef, afterUs: number): void => this.failLink(owner, peer, afterUs);
    const incarnationOf = (peer: PeerRef): number => (this.engines[peer] === undefined ? 0 : (this.incarnations[peer] as number));
    this.network = new Network({ queue, slab, paths, codec, options: this.options, random, observer, onLinkFailed, incarnationOf, faults });
    this.effects = new WorldEffects(this, this.network, this.observer, this.hash);
  }

  get nowMs(): number {
    return this.timeUs / 1000;
  }

  get nowUs(): number {
    return this.timeUs;
  }

  /** The trace so far, as 16 hexadecimal digits. */
  get traceHash(): string {
    return this.hash.hex;
  }

  /** The engine of the peer on `host`, while it is up. */
  engine(host: number): PeerEngine | undefined {
    return this.engines[host];
  }

  /** Every link that a peer keeps open: whose it is, and to whom. */
  get openLinks(): readonly (readonly [owner: number, peer: number])[] {
    return this.links.all();
  }

  /** Starts a peer on `host` and joins the group; `peers` as `PeerEngine.join` takes them. */
  join(host: number, config: GroupConfig, peers: readonly PeerRef[], group: GroupRef = GROUP): void {
    let engine = this.engines[host];
    if (engine === undefined) {
      const incarnation = (this.incarnations[host] as number) + 1;
      this.incarnations[host] = incarnation;
      engine = new PeerEngine(peerRef(host), incarnation, this.random.fork('peer', host).fork('incarnation', incarnation), this.idOf);
      this.engines[host] = engine;
    }
    engine.join(group, config, peers, this.localMs(host), this.as(host));
  }

  /** @throws {OverlayError} as `PeerEngine.publish`; the peer must be up. */
  publish(host: number, payload: Uint8Array, group: GroupRef = GROUP): PublishOutcome {
    return this.up(host).publish(group, payload, this.localMs(host), this.as(host));
  }

  /** The peer says good-bye and goes. */
  leave(host: number, group: GroupRef = GROUP): void {
    this.leaveGroup(host, group);
    this.crash(host);
  }

  /** The peer says good-bye to the group, and stays up: it may join again. */
  leaveGroup(host: number, group: GroupRef = GROUP): void {
    this.up(host).leave(group, this.localMs(host), this.as(host));
  }

  /** The peer stops without a word and forgets everything; those that keep a link to it find out later. */
  crash(host: number): void {
    const epochsUsed = this.engines[host]?.epochsUsed ?? 0;
    this.engines[host] = undefined;
    this.hash.add(this.timeUs, host, 0xdead);
    for (const owner of this.links.closeAll(host)) this.failLink(peerRef(owner), peerRef(host), this.linkTimeoutUs);
    // The epochs of the next one come after all that this one has used.
    this.incarnations[host] = (this.incarnations[host] as number) + epochsUsed;
  }

  /** Asks `contact` to let the peer on `host` in, as `PeerEngine.addContact`; the peer must be up. */
  addContact(host: number, contact: number, group: GroupRef = GROUP): void {
    this.up(host).addContact(group, peerRef(contact), this.localMs(host), this.as(host));
  }

  /**
   * The fault lies on the network for `forMs`, or until what this answers is told that
   * it is over. Links that nothing comes through any more fail after `linkTimeoutMs`, at
   * both ends.
   */
  beginFault(fault: PacketFault, forMs: number): BegunFault {
    const begun = this.faults.begin(fault, this.timeUs + Math.round(forMs * 1000));
    this.failCutLinks();
    return begun;
  }

  /** Whether packets from one host to another can come through at all. */
  reaches(from: number, to: number): boolean {
    return this.network.reaches(from, to);
  }

  /** From now on packets take these paths; `undefined`: those that the world was made with. Links without a way fail. */
  reroute(paths: Paths = this.paths): void {
    this.network.reroute(paths);
    this.failCutLinks();
  }

  /** The process on `host` stands still for `forMs`, and goes on with what it knew; what came meanwhile it finds then. */
  pause(host: number, forMs: number): void {
    this.conditions.pause(host, this.timeUs + Math.round(forMs * 1000));
    this.act(this.timeUs + this.linkTimeoutUs, {
      run: () => {
        if (forMs * 1000 > this.linkTimeoutUs) for (const [owner, peer] of this.links.all()) if (peer === host) this.failLink(peerRef(owner), peerRef(peer), 0);
      },
    });
  }

  /** From now on the peer on `host` needs `inputMs` for each message and timer; 0 ends that. */
  slow(host: number, inputMs: number): void {
    this.conditions.slow(host, Math.round(inputMs * 1000));
  }

  /** From now on the clock of `host` runs at `rate` times the speed of the world's. */
  setClockRate(host: number, rate: number): void {
    this.conditions.setClockRate(host, rate, this.timeUs);
  }

  /** Inputs that came late to `host` since it stood still or was busy. */
  delayedInputs(host: number): number {
    return this.hosts?.delayed[host] ?? 0;
  }

  /**
   * Runs `action` at `atMs`.
   * @throws {OverlayError} `INVALID_OPTION` for a time that is past or not finite.
   */
  at(atMs: number, action: () => void): void {
    const atUs = Math.round(atMs * 1000);
    if (!(atUs >= this.timeUs && atUs < Infinity)) invalidOption('at', `a time from ${this.nowMs} ms, which is now`, atMs);
    this.act(atUs, { run: action });
  }

  /**
   * Handles every event up to and including `untilMs`, and moves the clock there. Answers
   * whether it came to that: `eventsMax` ends it before.
   * @throws {OverlayError} `INVALID_OPTION` for a time that is not finite.
   */
  run(untilMs: number, eventsMax = Infinity): boolean {
    if (!Number.isFinite(untilMs)) invalidOption('run', 'a finite time in ms', untilMs);
    const untilUs = Math.round(untilMs * 1000);
    const endEvents = this.events + eventsMax;
    this.handleAll(untilUs, endEvents);
    if (this.events >= endEvents) return false;
    this.timeUs = Math.max(this.timeUs, untilUs);
    return true;
  }

  /** Handles events until none are left; for worlds whose protocols set no periodic timers. */
  runUntilIdle(): void {
    this.handleAll(Infinity, Infinity);
  }

  /** No event is handled any more: for whoever has seen enough, in the midst of a run too. */
  stop(): void {
    this.stopped = true;
  }

  private handleAll(untilUs: number, endEvents: number): void {
    for (let ahead = 0; !this.stopped && this.events < endEvents && this.queue.pop(untilUs); ahead--) {
      if (ahead <= 0) ahead = this.readAhead();
      this.step();
    }
  }

  /**
   * Reads what the event popped last and the next ones will need, one level of objects
   * after the other, and answers for how many events. With many peers nearly every look
   * at one waits for memory; looks that do not depend on each other wait together, the
   * more of them the fewer instructions lie between. Changes nothing but speed.
   */
  private readAhead(): number {
    const { engines, targetsAhead } = this;
    const count = this.queue.targetsAhead(targetsAhead);
    let read = 0;
    for (let i = 0; i < count; i++) read += engines[targetsAhead[i] as number]?.self ?? 0;
    for (let i = 0; i < count; i++) read += engines[targetsAhead[i] as number]?.duplicates ?? 0;
    this.read = read;
    return count;
  }

  private step(): void {
    const { queue } = this;
    this.timeUs = queue.timeUs;
    this.events++;
    if (this.hosts !== undefined && queue.kind <= TIMER && this.comesLater(this.hosts)) return;
    if (queue.kind <= 1) this.onArrival(queue.target, queue.source, queue.handle, queue.kind === ARRIVAL);
    else if (queue.kind === TIMER) this.onTimer(queue.target, queue.source, queue.handle);
    else this.onAction(queue.handle);
  }

  /** Puts the input off when its host stands still or is busy; inputs that wait keep their order. */
  private comesLater(hosts: HostConditions): boolean {
    const { kind, target, source, handle, timeUs } = this.queue;
    const atUs = hosts.takesAt(target, timeUs);
    if (atUs > timeUs) this.queue.push(atUs, kind, target, source, handle);
    return atUs > timeUs;
  }

  private onArrival(to: number, from: number, handle: number, reliable: boolean): void {
    const message = this.network.open(handle);
    this.network.release(handle);
    assert(message !== undefined, 'what a peer of this world encodes can be decoded');
    this.hash.add(this.timeUs, to, from ^ kindWord(message));
    const engine = this.engines[to];
    if (engine === undefined) {
      this.observer.onLoss(this.timeUs, peerRef(from), peerRef(to), message, 'peer-down', false);
      if (reliable) this.failLink(peerRef(from), peerRef(to), this.linkTimeoutUs);
      return;
    }
    this.observer.onArrival(this.timeUs, peerRef(from), peerRef(to), message);
    engine.onMessage(peerRef(from), message, this.localMs(to), this.as(to));
  }

  private onTimer(host: number, incarnation: number, handle: number): void {
    const timer = this.slab.get(handle) as Timer;
    this.slab.release(handle);
    if (incarnation !== this.incarnations[host]) return;
    this.hash.add(this.timeUs, host, kindWord(timer));
    this.engines[host]?.onTimer(timer, this.localMs(host), this.as(host));
  }

  private onAction(handle: number): void {
    const action = this.slab.get(handle) as Action;
    this.slab.release(handle);
    action.run(this.timeUs);
  }

  /** Called by the effects of the peer that acts. */
  setTimer(host: PeerRef, timer: Timer, afterMs: number): void {
    const afterUs = Math.max(0, Math.round(afterMs * 1000));
    const atUs = this.timeUs + (this.hosts === undefined ? afterUs : this.hosts.spanUs(host, afterUs));
    this.queue.push(atUs, TIMER, host, this.incarnations[host] as number, this.slab.add(timer));
  }

  openLink(host: PeerRef, peer: PeerRef): void {
    this.links.open(host, peer);
    // A link to a peer that is gone already fails like any other.
    if (this.engines[peer] === undefined) this.failLink(host, peer, this.linkTimeoutUs);
  }

  closeLink(host: PeerRef, peer: PeerRef): void {
    this.links.close(host, peer);
  }

  private get conditions(): HostConditions {
    return (this.hosts ??= new HostConditions(this.peers));
  }

  /** The time that the peer on `host` sees. */
  localMs(host: number): number {
    return this.hosts === undefined ? this.timeUs / 1000 : this.hosts.localUs(host, this.timeUs) / 1000;
  }

  /** Links over which nothing comes through fail when that has lasted for long enough. */
  private failCutLinks(): void {
    this.act(this.timeUs + this.linkTimeoutUs, {
      run: () => {
        for (const [owner, peer] of this.links.all()) {
          if (!this.network.reaches(owner, peer) || !this.network.reaches(peer, owner)) this.failLink(peerRef(owner), peerRef(peer), 0);
        }
      },
    });
  }

  /** Both ends learn of it: a link that one of them has given up is closed for the other. */
  private failLink(owner: PeerRef, peer: PeerRef, afterUs: number): void {
    this.endLink(owner, peer, afterUs);
    if (this.engines[peer] !== undefined && this.links.has(peer, owner)) this.endLink(peer, owner, afterUs + this.linkTimeoutUs);
  }

  private endLink(owner: PeerRef, peer: PeerRef, afterUs: number): void {
    const incarnation = this.incarnations[owner] as number;
    this.act(this.timeUs + afterUs, { run: (nowUs) => this.onLinkDown(owner, incarnation, peer, nowUs) });
  }

  private onLinkDown(owner: PeerRef, incarnation: number, peer: PeerRef, nowUs: number): void {
    if (this.incarnations[owner] !== incarnation) return;
    const atUs = this.hosts?.takesAt(owner, nowUs) ?? nowUs;
    if (atUs > nowUs) return this.act(atUs, { run: (laterUs) => this.onLinkDown(owner, incarnation, peer, laterUs) });
    this.hash.add(this.timeUs, owner, peer);
    if (this.links.has(owner, peer)) this.observer.onLinkDown?.(this.timeUs, owner, peer);
    this.engines[owner]?.onLinkDown(peer, this.localMs(owner), this.as(owner));
  }

  private act(timeUs: number, action: Action): void {
    this.queue.push(timeUs, ACTION, 0, 0, this.slab.add(action));
  }

  private get linkTimeoutUs(): number {
    return Math.round(this.options.linkTimeoutMs * 1000);
  }

  private up(host: number): PeerEngine {
    const engine = this.engines[host];
    assert(engine !== undefined, `the peer on host ${host} is up`);
    return engine;
  }

  /** The effects, as of `host`: one object for all, since only one peer acts at a time. */
  private as(host: number): Effects {
    this.effects.self = peerRef(host);
    return this.effects;
  }
}
