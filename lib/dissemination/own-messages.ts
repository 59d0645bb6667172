import type { Audited } from '../core/audit.ts';
import type { PeerRef } from '../core/ids.ts';
import type { DataMessage, DigestEntry } from '../core/messages.ts';

/**
 * How many of a publisher's messages half of its neighbours have not got yet, by the
 * digests that they sent last. Half of them: a few that take nothing, or claim to have
 * all, change nothing.
 */
export class OwnMessages {
  private readonly epoch: number;
  private readonly messagesMax: number;
  /** By neighbour, the number past the last that it has. */
  private readonly reached = new Map<PeerRef, number>();
  /** Payload bytes of the messages that wait, oldest first. */
  private sizes: number[] = [];
  private published = 0;
  /** Their bytes. */
  waitingBytes = 0;

  /** @param messagesMax of those that wait, as many are counted. */
  constructor(epoch: number, messagesMax: number) {
    this.epoch = epoch;
    this.messagesMax = messagesMax;
  }

  /** Messages that wait. */
  get waiting(): number {
    return this.sizes.length;
  }

  onPublished({ seq, payload }: DataMessage): void {
    this.published = seq + 1;
    this.sizes.push(payload.length);
    this.waitingBytes += payload.length;
    if (this.sizes.length > this.messagesMax) this.waitingBytes -= this.sizes.shift() ?? 0;
  }

  /**
   * A neighbour has said what it has of this peer's messages; `undefined`: nothing.
   * Messages are brought oldest first, so that its last counts: what it lacks before
   * that may be gone for good.
   */
  onDigest(from: PeerRef, entry: DigestEntry | undefined): void {
    const last = entry?.epoch === this.epoch ? (entry.beyond.at(-1) ?? entry.next - 1) : -1;
    this.reached.set(from, Math.min(last + 1, this.published));
    this.count();
  }

  forget(peer: PeerRef): void {
    if (this.reached.delete(peer)) this.count();
  }

  /** The bytes that wait, counted anew. */
  get audit(): readonly Audited[] {
    return [{ what: 'bytes of own messages that wait', counted: this.waitingBytes, there: this.sizes.reduce((sum, bytes) => sum + bytes, 0) }];
  }

  private count(): void {
    const rising = [...this.reached.values()].sort((x, y) => x - y);
    const reached = rising[Math.floor((rising.length - 1) / 2)] ?? 0;
    const done = this.sizes.splice(0, Math.max(0, this.sizes.length - (this.published - reached)));
    for (const bytes of done) this.waitingBytes -= bytes;
  }
}
