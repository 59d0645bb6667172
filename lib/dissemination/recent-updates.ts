import type { PeerRef } from '../core/ids.ts';
import type { Checksum, DigestEntry } from '../core/messages.ts';
import type { HashOf } from '../core/protocol.ts';

/** A publisher of which something came lately. */
interface Change {
  /** The hash of what was here of it when it was looked at last. */
  readonly hash: Checksum;
  readonly changedMs: number;
}

/**
 * The recent update list and the checksum of anti-entropy (A. Demers et al., PODC 1987,
 * section 1.3). Publishers take the place of the paper's keys, and what a peer has of
 * one the place of its value: a list of those that have changed lately is short however
 * many there are.
 *
 * What has changed is seen by comparing with the time before, once a cycle and before
 * each answer, so that ages are known to a cycle. A checksum is the exclusive or of the
 * hashes of all entries: those of some can be taken out again.
 */
export class RecentUpdates {
  private readonly recentMs: number;
  private readonly hashOf: HashOf;
  private digest: readonly DigestEntry[] = [];
  private byOrigin = new Map<PeerRef, DigestEntry>();
  private changes = new Map<PeerRef, Change>();
  private nowMs = 0;
  /** Of everything noted last. */
  checksum: Checksum = NOTHING;

  constructor(recentMs: number, hashOf: HashOf) {
    this.recentMs = recentMs;
    this.hashOf = hashOf;
  }

  /** Looks at all that is here, if it is not what was here before. */
  note(digest: readonly DigestEntry[], nowMs: number): void {
    this.nowMs = nowMs;
    if (digest === this.digest) return;
    this.digest = digest;
    this.byOrigin = new Map(digest.map((entry) => [entry.origin, entry]));
    const changes = new Map<PeerRef, Change>();
    this.checksum = NOTHING;
    for (const entry of digest) {
      const hash = hashOfEntry(entry, this.hashOf);
      const before = this.changes.get(entry.origin);
      const isSame = before !== undefined && before.hash.high === hash.high && before.hash.low === hash.low;
      changes.set(entry.origin, isSame ? before : { hash, changedMs: nowMs });
      this.checksum = xor(this.checksum, hash);
    }
    this.changes = changes;
  }

  /** What is here of the publishers that changed lately. */
  entries(): readonly DigestEntry[] {
    return this.digest.filter(({ origin }) => this.isRecent(origin));
  }

  /** The same, and what is here of the publishers listed. */
  entriesWith(listed: readonly DigestEntry[]): readonly DigestEntry[] {
    const origins = new Set(listed.map(({ origin }) => origin));
    return [...this.entries().filter(({ origin }) => !origins.has(origin)), ...this.entriesFor(listed)];
  }

  /** What is here of the publishers listed; of those that are not known here, nothing. */
  entriesFor(listed: readonly DigestEntry[]): readonly DigestEntry[] {
    return listed.map(({ origin, epoch }) => this.byOrigin.get(origin) ?? { origin, epoch, next: 0, beyond: [] });
  }

  /** Whether the other side has the same as this one, those publishers left out that either has listed. */
  agreesBeside(other: { readonly checksum: Checksum; readonly entries: readonly DigestEntry[] }): boolean {
    const theirs = other.entries.reduce((sum, entry) => xor(sum, hashOfEntry(entry, this.hashOf)), other.checksum);
    const ours = this.entriesWith(other.entries).reduce((sum, entry) => xor(sum, this.changes.get(entry.origin)?.hash ?? NOTHING), this.checksum);
    return theirs.high === ours.high && theirs.low === ours.low;
  }

  private isRecent(origin: PeerRef): boolean {
    const change = this.changes.get(origin);
    return change !== undefined && this.nowMs - change.changedMs < this.recentMs;
  }
}

const NOTHING: Checksum = { high: 0, low: 0 };

function xor(x: Checksum, y: Checksum): Checksum {
  return { high: (x.high ^ y.high) >>> 0, low: (x.low ^ y.low) >>> 0 };
}

/** 64 bits of everything that an entry says, 0 for nothing of its publisher; for telling apart what differs by chance, not for security. PROTOCOL.md defines it. */
export function hashOfEntry({ origin, epoch, next, beyond }: DigestEntry, hashOf: HashOf): Checksum {
  if (next === 0 && beyond.length === 0) return NOTHING;
  const words = [hashOf(origin), epoch, next, Math.floor(next / 0x1_0000_0000), ...beyond];
  return { high: lane(words, 0x9e3779b9, 0x85ebca77), low: lane(words, 0x811c9dc5, 0x9e3779b1) };
}

function lane(words: readonly number[], start: number, factor: number): number {
  let x = start;
  for (const word of words) {
    x = Math.imul(x ^ word, factor);
    x ^= x >>> 15;
  }
  // Avalanche (the finaliser of MurmurHash3): an exclusive or of many must not cancel out.
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
