import type { ContactOptions } from '../core/config.ts';
import type { Effects } from '../core/effects.ts';
import type { GroupRef, PeerRef } from '../core/ids.ts';
import type { Connect, ConnectReply } from '../core/messages.ts';
import type { Partners } from './partner.ts';

/** What the contacts of an epidemic are made of. */
export interface ContactParts {
  readonly group: GroupRef;
  readonly protocol: Connect['protocol'];
  readonly options: ContactOptions & { readonly cycleMs: number };
  readonly partners: Partners;
}

/**
 * Connection limit and hunting (A. Demers et al., PODC 1987, section 1.4): a peer
 * accepts so many contacts of others in a cycle and refuses the rest; whoever is
 * refused may hunt for other partners, so many times.
 *
 * On the wire a contact then begins with a question, so that a refusal costs two small
 * messages and no payload, as the paper counts it. Without a limit there is no question.
 * A question or answer that is lost is a contact that does not come about. Who has
 * begun contacts itself accepts none the fewer.
 */
export class Contacts {
  private readonly parts: ContactParts;
  /** The attempt that waits for an answer. */
  private asked: { readonly peer: PeerRef; readonly seq: number } | undefined = undefined;
  /** Who has refused in this cycle. */
  private refusedBy: readonly PeerRef[] = NOBODY_REFUSED;
  private nextSeq = 0;
  /** The cycle of the contacts that were accepted last, and how many they are. */
  private acceptedCycle = -1;
  private accepted = 0;
  /** Contacts of others that were refused; own ones that everybody who was tried refused; answers that nobody waits for. */
  readonly counters = { refused: 0, givenUp: 0, strays: 0 };

  constructor(parts: ContactParts) {
    this.parts = parts;
  }

  /** A cycle begins: answers whom to talk to, unless it has to be asked first. */
  open(nowMs: number, effects: Effects): PeerRef | undefined {
    const { partners, options } = this.parts;
    partners.onCycle(nowMs, effects);
    this.asked = undefined;
    this.refusedBy = NOBODY_REFUSED;
    if (options.connectionLimit === 0) return partners.choose(NOBODY_REFUSED);
    this.ask(effects);
    return undefined;
  }

  /** Somebody wants to talk to this peer. */
  onConnect(from: PeerRef, message: Connect, nowMs: number, effects: Effects): void {
    const { group, protocol, options } = this.parts;
    if (message.protocol !== protocol) return;
    const cycle = Math.floor(nowMs / options.cycleMs);
    if (cycle !== this.acceptedCycle) this.accepted = 0;
    this.acceptedCycle = cycle;
    const accepted = options.connectionLimit === 0 || this.accepted < options.connectionLimit;
    if (accepted) this.accepted++;
    else this.counters.refused++;
    effects.sendUnreliable(from, { kind: 'connectReply', group, protocol, seq: message.seq, accepted });
  }

  /** Answers whom to talk to; `undefined` when that was refused, and somebody else is asked while the hunt limit allows it. */
  onConnectReply(from: PeerRef, reply: ConnectReply, effects: Effects): PeerRef | undefined {
    const { asked } = this;
    if (asked === undefined || asked.peer !== from || asked.seq !== reply.seq || reply.protocol !== this.parts.protocol) {
      this.counters.strays++;
      return undefined;
    }
    this.asked = undefined;
    if (reply.accepted) return from;
    this.refusedBy = [...this.refusedBy, from];
    if (this.refusedBy.length <= this.parts.options.huntLimit) this.ask(effects);
    else this.counters.givenUp++;
    return undefined;
  }

  /** Whom it waits for. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    if (this.asked !== undefined) visit(this.asked.peer);
    for (const peer of this.refusedBy) visit(peer);
  }

  private ask(effects: Effects): void {
    const { group, protocol, partners } = this.parts;
    const peer = partners.choose(this.refusedBy);
    if (peer === undefined) return;
    const seq = this.nextSeq;
    this.nextSeq = (seq + 1) % 2 ** 32;
    this.asked = { peer, seq };
    effects.sendUnreliable(peer, { kind: 'connect', group, protocol, seq });
  }
}

const NOBODY_REFUSED: readonly PeerRef[] = [];
