import type { MessageId, PeerRef } from '../core/ids.ts';
import type { Announcement } from '../core/messages.ts';

/** Announcers remembered for one message; later ones are not needed to ask for it. */
const ANNOUNCERS_MAX = 16;

interface Announcer {
  readonly peer: PeerRef;
  readonly hops: number;
}

/** Messages that were announced and have not arrived, with who announced them, first come first asked. */
export class MissingMessages {
  private readonly byId = new Map<string, Announcer[]>();
  private readonly messagesMax: number;
  /** Announcements refused because `messagesMax` were awaited already. */
  dropped = 0;

  constructor(messagesMax: number) {
    this.messagesMax = messagesMax;
  }

  /** True when this is the first announcement of its message: somebody should start to wait. */
  add(announcement: Announcement, peer: PeerRef): boolean {
    const key = keyOf(announcement);
    const announcers = this.byId.get(key);
    if (announcers !== undefined) {
      const known = announcers.some((announcer) => announcer.peer === peer);
      if (!known && announcers.length < ANNOUNCERS_MAX) announcers.push({ peer, hops: announcement.hops });
      return false;
    }
    if (this.byId.size >= this.messagesMax) {
      this.dropped++;
      return false;
    }
    this.byId.set(key, [{ peer, hops: announcement.hops }]);
    return true;
  }

  /** The message has arrived: stops waiting; answers who announced it and was not asked. */
  take(id: MessageId): readonly Announcer[] | undefined {
    const key = keyOf(id);
    const announcers = this.byId.get(key);
    if (announcers !== undefined) this.byId.delete(key);
    return announcers;
  }

  /** Whom to ask next; `undefined`, and no more waiting, when the message arrived or all were asked. */
  nextAnnouncer(id: MessageId): PeerRef | undefined {
    const key = keyOf(id);
    const announcer = this.byId.get(key)?.shift();
    if (announcer === undefined) this.byId.delete(key);
    return announcer?.peer;
  }

  /** `peer` can no longer be asked. */
  forget(peer: PeerRef): void {
    for (const announcers of this.byId.values()) {
      for (let i = announcers.length - 1; i >= 0; i--) if (announcers[i]?.peer === peer) announcers.splice(i, 1);
    }
  }
}

function keyOf(id: MessageId): string {
  return `${id.origin}/${id.epoch}/${id.seq}`;
}
