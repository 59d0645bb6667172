import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isIPv6 } from 'node:net';
import { groupConfig } from '../core/config.ts';
import type { ProtocolEvent } from '../core/effects.ts';
import { OverlayError, invalidOption } from '../core/errors.ts';
import { type GroupRef, type PeerRef, groupRef } from '../core/ids.ts';
import { Random } from '../core/random.ts';
import type { Group as EngineGroup, PublishOutcome } from '../peer/group.ts';
import type { Account } from '../transport/account.ts';
import { type Address, formatAddress } from '../transport/address.ts';
import type { Clock, TimerHandle } from '../transport/clock.ts';
import type { LinkDownReason, Transport } from '../transport/transport.ts';
import { DATA_HEADER_BYTES_MAX } from '../wire/data-header.ts';
import { Driver } from './driver.ts';
import type { Environment } from './environment.ts';
import { type Explanation, Group } from './group.ts';
import { guarded } from './guarded.ts';
import { encodeHello } from './hello.ts';
import { LinkTable } from './link-table.ts';
import type { PeerLinks } from './peer-links.ts';
import { type JoinOptions, type PeerConfig, addresses, bufferLimits, liveGroupOptions } from './options.ts';
import { type PeerId, PeerTable } from './peer-table.ts';
import { Rendezvous } from './rendezvous.ts';

/** What a peer tells beside what its groups tell. */
export interface PeerEvents {
  /** Nobody could be reached at these addresses so far; the next attempt comes in `inMs`. */
  retrying: [what: { readonly addresses: readonly string[]; readonly reason: string; readonly inMs: number }];
  linkUp: [peer: PeerId];
  linkDown: [what: { readonly peer: PeerId; readonly reason: LinkDownReason }];
  /** A neighbour does not answer. */
  suspected: [peer: PeerId];
  /** A neighbour that was suspected answers again. */
  refuted: [peer: PeerId];
  closed: [];
}

const NO_BOOTSTRAP = 'no bootstrap address was given, so that others must join through this peer.';
const STILL_LOOKING = 'no bootstrap address has answered so far.';

/** Peers whose links do not know their round-trip time are asked this often, in ms: a guess. */
const ROUND_TRIPS_MS = 2000;

/** Links that nobody wants are looked for this often, in ms. */
const SWEEP_MS = 5000;

/**
 * A live peer: sockets, and the groups that share them. Made by `createPeer`.
 *
 * It opens links on demand, watches its neighbours, and finds others again by itself
 * when it has lost everyone. Nothing is encrypted or authenticated: whoever can reach
 * it can join and publish.
 */
export class Peer extends EventEmitter<PeerEvents> {
  /** @internal */
  readonly config: PeerConfig;
  private readonly environment: Environment;
  private readonly table: PeerTable;
  private readonly links: LinkTable;
  private readonly driver: Driver;
  private readonly rendezvous: Rendezvous;
  private readonly transports: readonly Transport[];
  private readonly groups = new Map<GroupRef, Group>();
  private alone: string;
  private sweeping: TimerHandle | undefined = undefined;
  private measuring: TimerHandle | undefined = undefined;
  private closing: Promise<void> | undefined = undefined;

  private constructor(config: PeerConfig, environment: Environment) {
    super();
    this.config = config;
    this.alone = config.bootstrap.length === 0 ? NO_BOOTSTRAP : STILL_LOOKING;
    this.environment = environment;
    const { clock } = environment;
    const epoch = environment.epoch();
    const random = new Random(environment.randomSeed());
    this.table = new PeerTable(config.id ?? environment.randomBytes(16), config.peersMax, (visit) => this.eachInUse(visit));
    const dialFirst = config.listen.some(({ transport }) => transport === 'udp') ? 'udp' : 'tcp';
    this.links = new LinkTable(this.table, environment, { ...config, dialFirst: config.prefer === 'auto' ? dialFirst : config.prefer }, {
      onPeerUp: (peer, dialled) => {
        this.alone = `${peer.id} was reached, and knows no other member of the group so far.`;
        guarded(() => this.emit('linkUp', peer.id));
        this.rendezvous.onPeerUp(peer, dialled);
      },
      onPeerDown: (ref, reason) => this.onPeerDown(ref, reason),
      onFrame: (from, frame) => this.driver.onFrame(from, frame),
      onDrain: () => this.drained(),
      onAddressFailed: (address, reason) => this.rendezvous.onAddressFailed(address, reason),
    });
    this.driver = new Driver({ table: this.table, links: this.links, clock, config, epoch, random, onPeerEvent: (event) => this.onEvent(event) });
    this.rendezvous = new Rendezvous(this.links, clock, random.fork('rendezvous'), config, {
      neighbours: (group) => this.driver.engine.group(group)?.overlay.neighbours.length ?? 0,
      onContact: (group, contact) => this.driver.addContact(group, contact),
      onRetry: (addresses, reason, inMs) => {
        if (this.links.upPeers().length === 0) this.alone = `nobody answers at ${addresses.join(', ')} (${reason}).`;
        guarded(() => this.emit('retrying', { addresses, reason, inMs }));
      },
    });
    const limits = { ...config, frameBytesMax: config.messageBytesMax + DATA_HEADER_BYTES_MAX };
    const hello = (): Uint8Array => encodeHello({ epoch, descriptor: this.table.self.descriptor });
    this.transports = (['udp', 'tcp'] as const).map((kind) => environment.makeTransport(kind, { handlers: this.links, clock, limits, hello }));
    for (const transport of this.transports) this.links.addTransport(transport);
  }

  /** @internal Use `createPeer`. */
  static async open(config: PeerConfig, environment: Environment): Promise<Peer> {
    config.signal?.throwIfAborted();
    const peer = new Peer(config, environment);
    try {
      await peer.listen();
    } catch (error) {
      await peer.close();
      throw error;
    }
    config.signal?.addEventListener('abort', peer.onAbort, { once: true });
    if (config.signal?.aborted === true) {
      await peer.close();
      throw config.signal.reason;
    }
    return peer;
  }

  /** This peer's identity: 32 hexadecimal digits. */
  get id(): PeerId {
    return this.table.self.id;
  }

  /** The addresses at which others are told to reach it: those listened on, with the ports that the system picked, or `advertise`. */
  get addresses(): readonly string[] {
    return this.table.self.addresses.map(formatAddress);
  }

  /**
   * Becomes a member of the group of that name. Returns at once; `group.ready()` waits
   * for neighbours.
   * @throws {OverlayError} `INVALID_OPTION`, `ALREADY_JOINED`, `CLOSED`.
   */
  join(name: string, options: JoinOptions = {}): Group {
    if (typeof name !== 'string' || name === '') invalidOption('join', 'a name for the group', name);
    if (this.closing !== undefined) throw new OverlayError('CLOSED', 'join: expected an open peer, got one that was closed.');
    const ref = groupRefOf(name);
    if (this.groups.has(ref)) throw new OverlayError('ALREADY_JOINED', `join: expected a group that was not joined, got ${JSON.stringify(name)} again.`);
    const config = groupConfig(liveGroupOptions(options, this.config));
    const members = membersOf(options, config.overlay.kind);
    const group = new Group(name, { peer: this, ref, startsAtOnce: config.since === 'any', ...bufferLimits(options) });
    this.groups.set(ref, group);
    this.driver.join(ref, config, [], group);
    this.rendezvous.addGroup(ref, members);
    return group;
  }

  /** The groups joined, by name. */
  get joined(): readonly Group[] {
    return [...this.groups.values()];
  }

  /** Counters of everything below the groups, by name. */
  stats(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    const { engine, counters, codec, detector } = this.driver;
    const linked = this.links.upPeers();
    return {
      peers: { known: this.table.size, forgotten: this.table.forgotten, refused: this.table.refused },
      links: { peers: linked.length, up: linked.reduce((sum, peer) => sum + this.links.up(peer).length, 0), ...this.links.counters },
      frames: { ...counters, strays: engine.strays },
      codec: { ...codec.counters },
      ...(detector === undefined ? {} : { failureDetector: { ...detector.counters, localHealth: detector.localHealth } }),
      ...Object.fromEntries(this.transports.map(({ transport, counters: counts }) => [transport, counts])),
    };
  }

  /** Leaves all groups, sends what is queued, for a bounded time, and closes all sockets. */
  close(): Promise<void> {
    // Begun when this call has returned: listeners may call it again.
    this.closing ??= Promise.resolve().then(() => this.shut());
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  get ref(): PeerRef {
    return this.table.self.ref;
  }

  /** @internal */
  idOf(ref: PeerRef): PeerId {
    return this.table.get(ref).id;
  }

  /** @internal */
  refOf(id: PeerId): PeerRef | undefined {
    return this.table.find(id)?.ref;
  }

  /** @internal */
  engineGroup(ref: GroupRef): EngineGroup | undefined {
    return this.driver.engine.group(ref);
  }

  /** @internal */
  publish(ref: GroupRef, data: Uint8Array): PublishOutcome {
    return this.driver.publish(ref, data);
  }

  /** @internal Whether `bytes` more would fill no queue towards a peer to more than `share` of its limit. */
  hasRoom(ref: PeerRef, bytes: number, share: number): boolean {
    return this.links.hasRoom(ref, bytes, share * this.config.queueBytesMax);
  }

  /** @internal */
  healthOf(ref: PeerRef): Explanation['health'] {
    const state = this.driver.detector?.state(ref);
    return state === undefined ? undefined : { state: state.state, sinceMs: this.wallMs(state.sinceMs) };
  }

  /** @internal */
  linksOf(ref: PeerRef): Explanation['links'] {
    const links = this.links.up(ref);
    const otherMs = links.find(({ rttMs }) => rttMs !== undefined)?.rttMs ?? this.driver.roundTrips.of(ref);
    return links.map(({ transport, rttMs, queuedBytes, dialled }) => ({ transport, rttMs: rttMs ?? otherMs, queuedBytes, dialled }));
  }

  /** @internal What the counters above the transports say beside what is there. */
  accounts(): Account[] {
    const { detector } = this.driver;
    let inVain = 0;
    detector?.eachPeer((peer) => { if (detector.state(peer) !== undefined && !this.links.isWanted(peer)) inVain++; });
    const watched = { what: 'peers watched that nobody wants', counted: 0, held: inVain };
    return [watched, ...this.table.accounts(), ...this.links.accounts(), ...[...this.groups.values()].flatMap((group) => group.accounts())];
  }

  /** @internal */
  linked(): readonly PeerLinks[] {
    return this.links.linked();
  }

  /** @internal */
  leave(ref: GroupRef): void {
    const group = this.groups.get(ref);
    if (group === undefined) return;
    this.rendezvous.removeGroup(ref);
    this.groups.delete(ref);
    const engine = this.engineGroup(ref);
    this.driver.leave(ref);
    group.end(engine);
  }

  /** @internal Why there may be no neighbours, for an error's text. */
  whyAlone(): string {
    return this.alone;
  }

  /** @internal */
  get clock(): Clock {
    return this.environment.clock;
  }

  /** @internal Calls `run` every `ms` until it is cancelled. */
  every(ms: number, run: () => void): TimerHandle {
    const again = (): void => {
      handle = this.clock.setTimer(ms, again);
      run();
    };
    let handle = this.clock.setTimer(ms, again);
    return { cancel: () => handle.cancel() };
  }

  private async listen(): Promise<void> {
    const { advertise } = this.config;
    const told = await Promise.all((advertise ?? []).map((address) => this.resolved(address, 'advertise')));
    this.table.setSelfAddresses(told);
    const listen = await Promise.all(this.config.listen.map((address) => this.resolved(address, 'listen')));
    for (const address of listen) {
      const transport = this.transports.find((one) => one.transport === address.transport);
      if (transport === undefined) continue;
      const bound = await transport.listen(address);
      // At once, since whoever dials now is told.
      if (advertise === undefined) this.table.setSelfAddresses([...this.table.self.addresses, this.outward(bound)]);
    }
    this.sweeping = this.every(SWEEP_MS, () => this.links.sweep());
    this.measuring = this.every(ROUND_TRIPS_MS, () => this.measureRoundTrips());
  }

  private outward(address: Address): Address {
    const everywhere = /^(?:0\.0\.0\.0|[0:]+)$/.test(address.host);
    return everywhere ? { ...address, host: this.environment.outwardAddress(isIPv6(address.host) ? 6 : 4) } : address;
  }

  private async resolved(address: Address, option: string): Promise<Address> {
    try {
      const [host = address.host] = await this.environment.resolve(address.host);
      return { ...address, host };
    } catch (error) {
      return invalidOption(option, `a name that can be resolved (${error instanceof Error ? error.message : 'no reason given'})`, address.host);
    }
  }

  private onPeerDown(ref: PeerRef, reason: LinkDownReason): void {
    const peer = this.table.get(ref);
    // First who was lost, while it is known that the peer was wanted.
    this.rendezvous.onPeerDown(peer);
    this.driver.onPeerDown(ref);
    guarded(() => this.emit('linkDown', { peer: peer.id, reason }));
    this.drained();
  }

  private onEvent(event: ProtocolEvent): void {
    if (event.kind === 'failed') this.links.fail(event.peer, 'timeout');
    else if (event.kind === 'suspected' || event.kind === 'refuted') this.emit(event.kind, this.idOf(event.peer));
  }

  /** Not over links that nobody wants: they would never be idle. Who watches nobody sends no pings, nor answers them. */
  private measureRoundTrips(): void {
    if (this.driver.detector === undefined) return;
    const unknown = this.links.upPeers().filter((peer) => this.links.isWanted(peer) && this.links.up(peer).every(({ rttMs }) => rttMs === undefined));
    this.driver.roundTrips.measure(unknown, this.clock.nowMs());
  }

  private readonly onAbort = (): void => void this.close();

  private drained(): void {
    for (const group of [...this.groups.values()]) group.onDrain();
  }

  private eachInUse(visit: (peer: PeerRef) => void): void {
    this.driver.engine.eachPeer(visit);
    this.driver.detector?.eachPeer(visit);
    for (const { peer } of this.links.linked()) visit(peer);
    this.rendezvous.eachPeer(visit);
  }

  private wallMs(clockMs: number): number {
    return Date.now() - (this.environment.clock.nowMs() - clockMs);
  }

  private async shut(): Promise<void> {
    this.config.signal?.removeEventListener('abort', this.onAbort);
    for (const ref of [...this.groups.keys()]) this.leave(ref);
    this.rendezvous.close();
    this.sweeping?.cancel();
    this.measuring?.cancel();
    this.driver.close();
    this.links.close();
    await Promise.all(this.transports.map((transport) => transport.close()));
    guarded(() => this.emit('closed'));
  }
}

/** The number that all members derive from a group's name: the first 48 bits of its SHA-256. 0 is the peer itself. */
function groupRefOf(name: string): GroupRef {
  const number = createHash('sha256').update(name).digest().readUIntBE(0, 6);
  return groupRef(number === 0 ? 1 : number);
}

/** The addresses of a given graph; `undefined` for overlays that find their neighbours themselves. */
function membersOf({ members }: JoinOptions, overlay: string): readonly Address[] | undefined {
  const given = overlay === 'static' || overlay === 'full';
  if (given !== (members !== undefined)) {
    invalidOption('join: members', given ? `the addresses of the neighbours, with the overlay ${overlay}` : `nothing with the overlay ${overlay}`, members);
  }
  return members === undefined ? undefined : addresses(members, 'join: members');
}
