import { type Environment, MACHINE } from './environment.ts';
import { type PeerOptions, peerConfig } from './options.ts';
import { Peer } from './peer.ts';

/**
 * Starts a peer: checks the options, listens, and answers when it can be reached. Its
 * bootstrap addresses are dialled when a group is joined, and for as long as it takes.
 * @throws {OverlayError} `INVALID_OPTION`; `ADDRESS_IN_USE` when another program listens there.
 */
export function createPeer(options: PeerOptions = {}): Promise<Peer> {
  return openPeer(options, MACHINE);
}

/** `createPeer` on a machine other than this one. @internal */
export async function openPeer(options: PeerOptions, environment: Environment): Promise<Peer> {
  return Peer.open(peerConfig(options), environment);
}
