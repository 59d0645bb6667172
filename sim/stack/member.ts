import type { GroupConfig } from '../../lib/core/config.ts';
import type { ProtocolEvent } from '../../lib/core/effects.ts';
import { type MessageId, type PeerRef, groupRef, peerRef } from '../../lib/core/ids.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import { openPeer } from '../../lib/node/create-peer.ts';
import type { Group } from '../../lib/node/group.ts';
import { type JoinOptions, PEER_DEFAULTS } from '../../lib/node/options.ts';
import type { PeerLinks } from '../../lib/node/peer-links.ts';
import type { Peer } from '../../lib/node/peer.ts';
import type { Account } from '../../lib/transport/account.ts';
import type { GroupView } from '../scenario/invariant.ts';
import type { Limits } from '../scenario/limits.ts';
import type { StackProcess } from './process.ts';
import { PublishWatch } from './publish-watch.ts';
import { SlowReader } from './slow-reader.ts';
import { addressOf } from './underlay-network.ts';

/** On which every peer of a world listens, so that one that comes back is found where it was. */
const PORT = 7000;

/** The name that everybody is told to join through; whom it stands for is a matter of the world. */
const SEED_NAME = 'seed.example';

/** Hosts are peers, and the group is the only one. */
const GROUP_NAME = 'scenario';
const GROUP_REF = groupRef(1);

/** What a member tells of its group, peers named by their hosts. */
export interface MemberHandlers {
  onDelivery(host: number, message: DataMessage): void;
  onEvent(host: number, event: ProtocolEvent): void;
  onSuspected(host: number, suspected: number): void;
  /** An application that reads did not get what it should. */
  onWrongRead(host: number, what: string): void;
  /** `publish` did what it must not. */
  onWrongPublish(host: number, what: string): void;
}

/** What a member is made of. */
export interface MemberOptions {
  readonly config: GroupConfig;
  /** Hosts of all peers of the scenario. */
  readonly hosts: readonly number[];
  readonly limits: Limits;
  /** Whether its machine does everything at its time. */
  readonly isOnTime: boolean;
  readonly handlers: MemberHandlers;
}

/** A live peer in a process of a world, and its membership of the scenario's group. */
export class Member {
  readonly process: StackProcess;
  private readonly options: MemberOptions;
  private peer: Peer | undefined = undefined;
  private group: Group | undefined = undefined;
  private reader: SlowReader | undefined = undefined;
  /** Of this membership: the next one numbers its messages anew. */
  private publishes: PublishWatch;
  private onGone: () => void = () => {};
  /** Resolves when the process is killed. */
  private readonly gone: Promise<undefined>;

  constructor(process: StackProcess, options: MemberOptions) {
    this.process = process;
    this.options = options;
    this.publishes = this.publishWatch();
    this.gone = new Promise((resolve) => { this.onGone = () => resolve(undefined); });
  }

  /** Whether it is a member. */
  get joined(): boolean {
    return this.group !== undefined;
  }

  async open(): Promise<void> {
    const { process, options: { config, limits, handlers } } = this;
    const { bufferMessagesMax: _messages, bufferBytesMax: _bytes, readEveryMs: _readEveryMs, reassemblyBytesMax: _reassemblyBytesMax, ...ofPeer } = limits;
    const peer = await openPeer({
      ...ofPeer, listen: urlOf(process.host), bootstrap: `udp://${SEED_NAME}:${PORT}`, id: idOf(process.host), prefer: 'udp', messageBytesMax: config.messageBytesMax,
    }, process.environment);
    if (!process.alive) return;
    this.peer = peer;
    peer.on('suspected', (id) => { if (process.alive) handlers.onSuspected(process.host, hostOfId(id)); });
    this.join();
  }

  /** Joins the group, for the first time or again. */
  join(): void {
    const { peer, process, options: { config, hosts, limits: { bufferMessagesMax, bufferBytesMax, readEveryMs }, handlers } } = this;
    if (peer === undefined) return;
    const buffer = { ...(bufferMessagesMax !== undefined && { bufferMessagesMax }), ...(bufferBytesMax !== undefined && { bufferBytesMax }) };
    this.group = peer.join(GROUP_NAME, { ...joinOptions(config, hosts.filter((host) => host !== process.host)), ...buffer });
    this.publishes = this.publishWatch();
    this.listen(this.group);
    if (readEveryMs !== undefined) this.reader = new SlowReader(this.group, process, readEveryMs, (what) => handlers.onWrongRead(process.host, what));
  }

  /** It leaves the group, and stays for another time. */
  leaveGroup(): void {
    void this.group?.leave();
    this.group = undefined;
    this.reader?.stop();
    this.reader = undefined;
  }

  /** The identity of what was published; `undefined` when that was not possible, or the process is gone before. */
  async publish(payload: Uint8Array): Promise<MessageId | undefined> {
    const { group, process } = this;
    if (group === undefined) return undefined;
    const published = this.publishes.watch(async () => messageId((await group.publish(payload)).id), () => process.nowMs());
    const id = await Promise.race([published, this.gone]);
    return process.alive ? id : undefined;
  }

  /** It says good-bye and ends. */
  async leave(): Promise<void> {
    this.group = undefined;
    this.reader?.stop();
    await Promise.race([this.peer?.close(), this.gone]);
  }

  /** Its process is killed. */
  end(): void {
    this.onGone();
  }

  /** Counters of everything below the group, by name. */
  stats(): ReturnType<Peer['stats']> {
    return this.peer?.stats() ?? {};
  }

  /** Looks whether its application has to read what it should. */
  lookAtReader(): void {
    this.reader?.look();
  }

  /** Its counters that bound memory, those of its transport apart. */
  get accounts(): readonly Account[] {
    return this.peer?.accounts() ?? [];
  }

  /** Whom it has links to, or wants them to. */
  get linked(): readonly PeerLinks[] {
    return this.peer?.linked() ?? [];
  }

  /** Neighbours, and the log as invariants want to see it: peers are hosts. */
  get view(): GroupView | undefined {
    const { peer, group } = this;
    const engine = group?.engine();
    if (peer === undefined || engine === undefined) return undefined;
    const refOf = (host: PeerRef): PeerRef => peer.refOf(idOf(host)) ?? UNKNOWN;
    return {
      overlay: { neighbours: engine.overlay.neighbours.map((ref) => this.hostOf(ref)) },
      log: {
        has: ({ origin, epoch, seq }) => engine.log.has({ origin: refOf(origin), epoch, seq }),
        find: ({ origin, epoch, seq }) => engine.log.find({ origin: refOf(origin), epoch, seq }),
        lackedBy: (digest, messagesMax) => engine.log.lackedBy(digest.map((entry) => ({ ...entry, origin: refOf(entry.origin) })), messagesMax)
          .map(({ origin, epoch, seq }) => ({ origin: this.hostOf(origin), epoch, seq })),
      },
    };
  }


  /** On which host the peer is that this one calls so. */
  readonly hostOf = (ref: PeerRef): PeerRef => hostOfId(this.peer?.idOf(ref) ?? '');

  private publishWatch(): PublishWatch {
    const { process, options: { limits: { publishTimeoutMs = PEER_DEFAULTS.publishTimeoutMs }, isOnTime, handlers } } = this;
    return new PublishWatch(isOnTime ? publishTimeoutMs : Infinity, (what) => handlers.onWrongPublish(process.host, what));
  }

  private listen(group: Group): void {
    const { process, options: { handlers } } = this;
    group.on('message', ({ data, id, hops }) => {
      if (process.alive && this.group === group) handlers.onDelivery(process.host, { kind: 'data', group: GROUP_REF, ...messageId(id), hops, repair: false, payload: data });
    });
    // The events of the API leave out the incarnation of a publisher whose messages are lost.
    const onEvent = group.onEvent.bind(group);
    group.onEvent = (event) => {
      if (process.alive && this.group === group) handlers.onEvent(process.host, this.translated(event));
      onEvent(event);
    };
  }

  private translated(event: ProtocolEvent): ProtocolEvent {
    if ('peer' in event) return { ...event, peer: this.hostOf(event.peer) };
    return 'origin' in event ? { ...event, origin: this.hostOf(event.origin) } : event;
  }
}

/** No peer has it. */
const UNKNOWN = peerRef(-1);

/** A group with the scenario's options alone: the defaults of live groups are others. */
function joinOptions(config: GroupConfig, others: readonly number[]): JoinOptions {
  const { historyMessagesMax, historyBytesMax, messageBytesMax: _messageBytesMax, overlay, repair, ...rest } = config;
  return {
    ...rest,
    overlay,
    repair: repair ?? 'none',
    history: { messagesMax: historyMessagesMax, bytesMax: historyBytesMax },
    ...((overlay.kind === 'full' || overlay.kind === 'static') && { members: others.map(urlOf) }),
  };
}

function urlOf(host: number): string {
  return `udp://${addressOf(host)}:${PORT}`;
}

/** The id of the peer on a host: the same after a restart. */
function idOf(host: number): string {
  return host.toString(16).padStart(32, '0');
}

function hostOfId(id: string): PeerRef {
  return peerRef(parseInt(id, 16));
}

/** From the id that the API gives a message: publisher, incarnation, number. */
function messageId(id: string): MessageId {
  const [origin = '', epoch, seq] = id.split(':');
  return { origin: hostOfId(origin), epoch: Number(epoch), seq: Number(seq) };
}
