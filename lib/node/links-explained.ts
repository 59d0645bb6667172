import type { ProtocolEvent } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { Message } from '../core/messages.ts';

/** What last changed the part that a neighbour plays in the tree, or in the group. */
export type RoleReason =
  /** It became a neighbour, and new neighbours are eager. */
  | 'new neighbour'
  /** This peer sent PRUNE: the payload was here already. */
  | 'pruned here'
  /** The other sent PRUNE: the payload was there already. */
  | 'pruned there'
  /** This peer sent GRAFT: an announced message had not come otherwise, or a shorter path was found. */
  | 'grafted here'
  /** The other sent GRAFT. */
  | 'grafted there'
  /** It brought a message first. */
  | 'brought a message first';

/** The last change of a neighbour's part, in ms since 1970. */
export interface RoleChange {
  readonly reason: RoleReason;
  readonly sinceMs: number;
}

/** Remembers for each neighbour of a group why it plays the part that it plays, and since when. */
export class LinksExplained {
  private readonly neighbours = new Map<PeerRef, { readonly upMs: number; role: RoleChange }>();

  onEvent(event: ProtocolEvent, nowMs: number): void {
    if (event.kind === 'neighbourUp') this.neighbours.set(event.peer, { upMs: nowMs, role: { reason: 'new neighbour', sinceMs: nowMs } });
    else if (event.kind === 'neighbourDown') this.neighbours.delete(event.peer);
  }

  onControl(peer: PeerRef, { kind }: Message, sent: boolean, nowMs: number): void {
    if (kind === 'prune') this.change(peer, sent ? 'pruned here' : 'pruned there', nowMs);
    else if (kind === 'graft') this.change(peer, sent ? 'grafted here' : 'grafted there', nowMs);
  }

  /** The first copy of a message came from `peer`: a lazy link has become eager by it. */
  onFirstCopy(peer: PeerRef, nowMs: number): void {
    const { reason } = this.neighbours.get(peer)?.role ?? {};
    if (reason === 'pruned here' || reason === 'pruned there') this.change(peer, 'brought a message first', nowMs);
  }

  of(peer: PeerRef): { readonly upMs: number; readonly role: RoleChange } | undefined {
    return this.neighbours.get(peer);
  }

  private change(peer: PeerRef, reason: RoleReason, sinceMs: number): void {
    const neighbour = this.neighbours.get(peer);
    if (neighbour !== undefined) neighbour.role = { reason, sinceMs };
  }
}
