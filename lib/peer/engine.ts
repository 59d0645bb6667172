import type { GroupConfig } from '../core/config.ts';
import type { Effects, Timer } from '../core/effects.ts';
import { OverlayError } from '../core/errors.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import { type IdOf, numberedId } from '../core/message-key.ts';
import type { MessageLog } from '../core/message-log.ts';
import type { Message } from '../core/messages.ts';
import type { Random } from '../core/random.ts';
import { Group, type PublishOutcome } from './group.ts';

/**
 * A whole peer without its sockets: give it what arrives, the timers that it set and
 * the time, and it answers through `effects`. The live driver and the simulator drive
 * this same object; it cannot tell which one it is.
 *
 * Inputs are methods rather than objects with a kind, so that an event costs no
 * allocation. Time is in ms from any fixed moment, never going back.
 */
export class PeerEngine {
  /** The group that was joined first, which most messages are for; apart from the list, to save a look-up in memory for each. */
  private first: Group | undefined = undefined;
  /**
   * The log of `first`, if its dissemination ignores duplicates. Most copies in a flood
   * are such, and are refused before the group is looked at in memory.
   */
  private sieve: MessageLog | undefined = undefined;
  readonly self: PeerRef;
  /** This incarnation of the peer. */
  readonly epoch: number;
  private readonly random: Random;
  private readonly idOf: IdOf;
  /** Few, so a list; replaced when it changes, since one that grows in place keeps room for many. */
  private others: readonly Group[] = NO_GROUPS;
  private sessions = 0;
  /** Memberships that ended after publishing: each used up an epoch, since the next one numbers from 0 again. */
  epochsUsed = 0;
  /** Messages and timers of groups that this peer is not in. */
  strays = 0;

  /**
   * @param epoch a whole number below 2^32, larger than that of any earlier incarnation
   * by more than the times that it left a group and joined again: seconds of a clock, say.
   * @param idOf the identities of peers, by which all members order messages alike; by
   * default their numbers, for peers that share these.
   */
  constructor(self: PeerRef, epoch: number, random: Random, idOf: IdOf = numberedId) {
    this.self = self;
    this.epoch = epoch;
    this.random = random;
    this.idOf = idOf;
  }

  /**
   * Becomes a member of `group`. `peers`: contacts to join through (hyparview), all
   * members (full) or the neighbours in a given graph (static).
   * @throws {OverlayError} `ALREADY_JOINED`
   */
  join(group: GroupRef, config: GroupConfig, peers: readonly PeerRef[], nowMs: number, effects: Effects): Group {
    if (this.group(group) !== undefined) {
      throw new OverlayError('ALREADY_JOINED', `join: expected a group that was not joined, got ${group} again.`);
    }
    const identity = { self: this.self, ref: group, session: this.sessions++, epoch: this.epoch + this.epochsUsed, idOf: this.idOf };
    const joined = new Group(identity, config, peers, this.random);
    this.keep([...this.all(), joined]);
    joined.start(peers, nowMs, effects);
    return joined;
  }

  /** @throws {OverlayError} `UNKNOWN_GROUP` */
  leave(group: GroupRef, nowMs: number, effects: Effects): void {
    const left = this.joined(group);
    left.leave(nowMs, effects);
    if (left.published > 0) this.epochsUsed++;
    this.keep(this.all().filter((other) => other !== left));
  }

  /** @throws {OverlayError} `UNKNOWN_GROUP`, `MESSAGE_TOO_LARGE`, `NO_NEIGHBOURS` */
  publish(group: GroupRef, payload: Uint8Array, nowMs: number, effects: Effects): PublishOutcome {
    return this.joined(group).publish(payload, nowMs, effects);
  }

  onMessage(from: PeerRef, message: Message, nowMs: number, effects: Effects): void {
    if (message.kind === 'data' && this.sieve?.refusesCopy(message) === true) return;
    const group = this.group(message.group);
    if (group !== undefined) return group.onMessage(from, message, nowMs, effects);
    this.strays++;
    // Who takes this peer for a neighbour must learn that it is none: there is no link failure to tell it.
    const isNeighbour = message.kind === 'neighbour' || (TAKEN.includes(message.kind) && 'accepted' in message && message.accepted);
    if (isNeighbour) effects.send(from, { kind: 'disconnect', group: message.group });
  }

  onTimer(timer: Timer, nowMs: number, effects: Effects): void {
    const group = this.group(timer.group);
    if (group === undefined || group.session !== timer.session) this.strays++;
    else group.onTimer(timer, nowMs, effects);
  }

  /**
   * `contact` can be asked to let this peer into the group: to join through, or to
   * grow together with again after a partition.
   * @throws {OverlayError} `UNKNOWN_GROUP`
   */
  addContact(group: GroupRef, contact: PeerRef, nowMs: number, effects: Effects): void {
    this.joined(group).overlay.addContact(contact, nowMs, effects);
  }

  /** Every peer that some group may still name or send to: who keeps a table of peers must keep these. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const group of this.all()) group.eachPeer(visit);
  }

  /** The link to `peer` has failed, or could not be opened. */
  onLinkDown(peer: PeerRef, nowMs: number, effects: Effects): void {
    for (const group of this.all()) group.onLinkDown(peer, nowMs, effects);
  }

  /** The group, while this peer is a member. */
  group(ref: GroupRef): Group | undefined {
    const { first } = this;
    if (first !== undefined && first.ref === ref) return first;
    // No closure here: its context would be allocated for every message.
    for (const group of this.others) if (group.ref === ref) return group;
    return undefined;
  }

  /**
   * Duplicates in the group joined first, if its dissemination ignores them; 0 otherwise.
   * A duplicate looks at nothing else of a peer: who drives many peers can read this ahead.
   */
  get duplicates(): number {
    return this.sieve?.duplicates ?? 0;
  }

  private keep(groups: readonly Group[]): void {
    const first = groups[0];
    this.first = first;
    this.sieve = first?.dissemination.ignoresDuplicates === true ? first.log : undefined;
    this.others = groups.length > 1 ? groups.slice(1) : NO_GROUPS;
  }

  private all(): readonly Group[] {
    return this.first === undefined ? NO_GROUPS : [this.first, ...this.others];
  }

  private joined(ref: GroupRef): Group {
    const group = this.group(ref);
    if (group === undefined) throw new OverlayError('UNKNOWN_GROUP', `expected a group that this peer has joined, got ${ref}.`);
    return group;
  }
}

const NO_GROUPS: readonly Group[] = [];

/** Answers whose sender, when it accepts, has taken the receiver for a neighbour. */
const TAKEN: readonly Message['kind'][] = ['neighbourReply', 'optimizationReply', 'switchReply'];
