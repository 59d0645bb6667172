import type { Audited } from '../core/audit.ts';
import type { MessageId, PeerRef } from '../core/ids.ts';
import type { Announcement } from '../core/messages.ts';
import { WINDOW_SIZE } from '../core/sequence-window.ts';

/** Announcers remembered for one message; later ones are not needed to ask for it. */
const ANNOUNCERS_MAX = 16;

interface Announcer {
  readonly peer: PeerRef;
  readonly hops: number;
}

/** What is awaited of one publisher's incarnation, by sequence number. */
interface AwaitedOrigin {
  readonly epoch: number;
  readonly bySeq: Map<number, Awaited>;
}

interface Awaited {
  readonly announcers: Announcer[];
  /** Who announced it first: it counts for that one. */
  readonly first: PeerRef;
  /** The highest number of its publisher that had come when somebody last looked after it. */
  highest: number;
}

/** Repaired messages remembered; the one repaired longest ago goes first, and counts as brought by the tree. */
const REPAIRED_MAX = 4096;

/**
 * Messages that the tree has not brought: those that were announced and have not
 * arrived, with who announced them, first come first asked; and those that came as
 * repairs, whose copy along the tree is still to be passed on.
 */
export class MissingMessages {
  private readonly byOrigin = new Map<PeerRef, AwaitedOrigin>();
  private readonly messagesMax: number;
  /** Messages that are waited for now. */
  awaited = 0;
  private readonly repaired = new Set<string>();
  /** By who announced them first: how many are awaited. */
  private readonly byFirst = new Map<PeerRef, number>();
  /** Announcements refused: too many were awaited already, a later incarnation is, or the number is too far ahead to be true. */
  dropped = 0;

  constructor(messagesMax: number) {
    this.messagesMax = messagesMax;
  }

  /**
   * True when this is the first announcement of its message: somebody should start to wait.
   * @param highest the highest number of its publisher that has come so far.
   */
  add(announcement: Announcement, peer: PeerRef, highest: number): boolean {
    const announcers = this.of(announcement)?.announcers;
    if (announcers !== undefined) {
      const known = announcers.some((announcer) => announcer.peer === peer);
      if (!known && announcers.length < ANNOUNCERS_MAX) announcers.push({ peer, hops: announcement.hops });
      return false;
    }
    const awaited = this.mayAdd(announcement, peer, highest) ? this.made(announcement) : undefined;
    if (awaited === undefined) {
      this.dropped++;
      return false;
    }
    awaited.bySeq.set(announcement.seq, { announcers: [{ peer, hops: announcement.hops }], first: peer, highest });
    this.count(peer, 1);
    return true;
  }

  /** One announcer, which may be lying, fills no more than half; a log could not take in what is a window ahead. */
  private mayAdd({ seq }: Announcement, peer: PeerRef, highest: number): boolean {
    const isNear = highest < 0 || seq <= highest + WINDOW_SIZE;
    return isNear && this.awaited < this.messagesMax && (this.byFirst.get(peer) ?? 0) < Math.ceil(this.messagesMax / 2);
  }

  private count(first: PeerRef, by: 1 | -1): void {
    this.awaited += by;
    const count = (this.byFirst.get(first) ?? 0) + by;
    if (count === 0) this.byFirst.delete(first);
    else this.byFirst.set(first, count);
  }

  /** The message has arrived: stops waiting; answers who announced it and was not asked. */
  take(id: MessageId): readonly Announcer[] | undefined {
    if (this.awaited === 0) return undefined;
    const announcers = this.of(id)?.announcers;
    if (announcers !== undefined) this.delete(id);
    return announcers;
  }

  /** Whom to ask next; `undefined`, and no more waiting, when the message arrived or all were asked. */
  nextAnnouncer(id: MessageId): PeerRef | undefined {
    const announcers = this.of(id)?.announcers;
    const announcer = announcers?.shift();
    if (announcers !== undefined && announcer === undefined) this.delete(id);
    return announcer?.peer;
  }

  /** Whether later numbers have come since the message was announced, or this was asked last. */
  progressed(id: MessageId, highest: number): boolean {
    const awaited = this.of(id);
    if (awaited === undefined || awaited.highest === highest) return false;
    awaited.highest = highest;
    return true;
  }

  /** The message came as a repair: nobody need be asked for it. */
  addRepaired(id: MessageId): void {
    this.take(id);
    this.repaired.add(keyOf(id));
    if (this.repaired.size <= REPAIRED_MAX) return;
    for (const oldest of this.repaired) {
      this.repaired.delete(oldest);
      return;
    }
  }

  /** The message has come along the tree: whether it had come as a repair before. */
  takeRepaired(id: MessageId): boolean {
    return this.repaired.size > 0 && this.repaired.delete(keyOf(id));
  }

  /** `peer` can no longer be asked. */
  forget(peer: PeerRef): void {
    for (const { bySeq } of this.byOrigin.values()) {
      for (const { announcers } of bySeq.values()) {
        for (let i = announcers.length - 1; i >= 0; i--) if (announcers[i]?.peer === peer) announcers.splice(i, 1);
      }
    }
  }

  /** Origins and announcers of everything awaited. */
  eachPeer(visit: (peer: PeerRef) => void): void {
    for (const [origin, { bySeq }] of this.byOrigin) {
      visit(origin);
      for (const { announcers } of bySeq.values()) for (const { peer } of announcers) visit(peer);
    }
  }

  /** What it waits for, counted anew: in all, and by who announced it first. */
  get audit(): readonly Audited[] {
    let there = 0;
    for (const { bySeq } of this.byOrigin.values()) there += bySeq.size;
    let firsts = 0;
    for (const count of this.byFirst.values()) firsts += count;
    return [{ what: 'messages awaited', counted: this.awaited, there }, { what: 'messages awaited, by first announcer', counted: firsts, there }];
  }

  private of({ origin, epoch, seq }: MessageId): Awaited | undefined {
    const awaited = this.byOrigin.get(origin);
    return awaited?.epoch === epoch ? awaited.bySeq.get(seq) : undefined;
  }

  /** What is awaited of the incarnation, made if need be; `undefined` for one that is past. */
  private made({ origin, epoch }: MessageId): AwaitedOrigin | undefined {
    const known = this.byOrigin.get(origin);
    if (known?.epoch === epoch) return known;
    if (known !== undefined && known.epoch > epoch) return undefined;
    for (const { first } of known?.bySeq.values() ?? []) this.count(first, -1);
    const made = { epoch, bySeq: new Map<number, Awaited>() };
    this.byOrigin.set(origin, made);
    return made;
  }

  private delete({ origin, seq }: MessageId): void {
    const awaited = this.byOrigin.get(origin);
    const gone = awaited?.bySeq.get(seq);
    if (awaited === undefined || gone === undefined) return;
    awaited.bySeq.delete(seq);
    this.count(gone.first, -1);
    if (awaited.bySeq.size === 0) this.byOrigin.delete(origin);
  }
}

function keyOf({ origin, epoch, seq }: MessageId): string {
  return `${origin}/${epoch}/${seq}`;
}
