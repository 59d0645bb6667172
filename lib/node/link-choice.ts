import type { Link } from '../transport/transport.ts';
import type { TransportPreference } from './link-table-parts.ts';
import type { PeerLinks } from './peer-links.ts';

/** Chooses between UDP and TCP for each frame. */
export class LinkChoice {
  private readonly prefer: TransportPreference;
  private readonly largeBytes: number;

  /** @param largeBytes with `auto`: bytes from which on a frame goes by TCP. */
  constructor(prefer: TransportPreference, largeBytes: number) {
    this.prefer = prefer;
    this.largeBytes = largeBytes;
  }

  prefersTcp(bytes: number): boolean {
    return this.prefer === 'tcp' || (this.prefer === 'auto' && bytes >= this.largeBytes);
  }

  /**
   * The link for a frame of `bytes`, of those that are up.
   * @param bulk it is one of many that are brought at once: with `auto` it goes by TCP
   * where that is up, whatever its size, and opens none.
   */
  pick({ udp, tcp }: PeerLinks, bytes: number, bulk = false): Link | undefined {
    return this.prefersTcp(bytes) || (bulk && this.prefer === 'auto') ? (tcp ?? udp) : (udp ?? tcp);
  }

  /**
   * Whether a frame of `bytes` would leave at most `roomBytes` waiting on its link, and
   * no more wait on the other: where payloads go by one link, announcements may fill
   * the other. An empty queue has room for any frame.
   */
  hasRoom(links: PeerLinks, bytes: number, roomBytes: number): boolean {
    const { udp, tcp, waiting } = links;
    const taken = this.pick(links, bytes);
    if (taken === undefined) return fits(waiting.bytes, bytes, roomBytes);
    const other = taken === udp ? tcp : udp;
    return fits(taken.queuedBytes, bytes, roomBytes) && (other === undefined || other.queuedBytes <= roomBytes);
  }
}

function fits(queuedBytes: number, bytes: number, roomBytes: number): boolean {
  return queuedBytes === 0 || queuedBytes + bytes <= roomBytes;
}
