import type { PeerRef } from '../core/ids.ts';
import type { Account } from '../transport/account.ts';
import type { Link } from '../transport/transport.ts';

/**
 * Share of `linksMax` that may be dialled at a time for peers that nobody wants: what
 * others say of peers leads there too, and must not take all places, nor send much to
 * addresses that nobody has proven. A guess.
 */
const UNWANTED_SHARE = 1 / 4;

/** Links that are being opened to particular peers. */
export class PeerDials {
  private readonly unwantedMax: number;
  private readonly isWanted: (peer: PeerRef) => boolean;
  /** The oldest first. */
  private readonly peers = new Map<Link, PeerRef>();

  constructor(linksMax: number, isWanted: (peer: PeerRef) => boolean) {
    this.unwantedMax = Math.max(1, UNWANTED_SHARE * linksMax);
    this.isWanted = isWanted;
  }

  add(link: Link, peer: PeerRef): void {
    this.peers.set(link, peer);
  }

  delete(link: Link): void {
    this.peers.delete(link);
  }

  accounts(): Account[] {
    return [{ what: 'dials', counted: this.peers.size, held: [...this.peers.keys()].filter(({ state }) => state === 'opening').length }];
  }

  /** Policy: of the peers that nobody wants, or wants any more, the one dialled longest gives way to the next. `undefined` while there is room. */
  surplus(): PeerRef | undefined {
    if (this.peers.size < this.unwantedMax) return undefined;
    const unwanted = [...this.peers.values()].filter((peer) => !this.isWanted(peer));
    return unwanted.length < this.unwantedMax ? undefined : unwanted[0];
  }
}
