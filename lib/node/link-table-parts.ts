import type { PeerRef } from '../core/ids.ts';
import type { Address, TransportKind } from '../transport/address.ts';
import type { Clock } from '../transport/clock.ts';
import type { LinkDownReason } from '../transport/transport.ts';
import type { KnownPeer } from './peer-table.ts';

/** Which transport carries what, where two peers share both. */
export type TransportPreference = 'auto' | TransportKind;

/** How links are chosen, opened and let go. */
export interface LinkTableOptions {
  /** `auto`: frames of `largeBytes` and more by TCP, all else by UDP. */
  readonly prefer: TransportPreference;
  /** Bytes from which on a frame is large. */
  readonly largeBytes: number;
  /** A link that no protocol asked for is closed after being idle this long, in ms. */
  readonly idleLinkMs: number;
  /** Which of a peer's addresses are tried first. */
  readonly dialFirst: TransportKind;
  /** Bytes that wait while a link to a peer opens; one frame always fits. */
  readonly queueBytesMax: number;
  /** First wait before a TCP address that failed is tried again beside UDP, in ms; doubles up to `bootstrapRetryMaxMs`. */
  readonly bootstrapRetryMs: number;
  readonly bootstrapRetryMaxMs: number;
  /** Links at a time: at three quarters of it the one unused longest makes room for one that is dialled. */
  readonly linksMax: number;
}

/** What the table tells the driver. */
export interface LinkTableHandlers {
  /** The first link to a peer is up. `dialled`: the address that led to it, when it was dialled here. */
  onPeerUp(peer: KnownPeer, dialled: Address | undefined): void;
  /** The last link to a peer has failed, or none could be opened. */
  onPeerDown(peer: PeerRef, reason: LinkDownReason): void;
  onFrame(from: PeerRef, frame: Uint8Array): void;
  onDrain(peer: PeerRef): void;
  /** An address that was dialled for no particular peer leads to nobody. */
  onAddressFailed(address: Address, reason: LinkDownReason | 'own-address'): void;
}

/** What a table needs of the machine. */
export interface LinkTableNeeds {
  readonly clock: Clock;
  /** The IP addresses of a name, the best one first. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
}
