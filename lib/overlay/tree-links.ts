import type { Effects } from '../core/effects.ts';
import type { PeerRef } from '../core/ids.ts';
import type { NeighbourListener } from '../core/protocol.ts';

/** A child in a tree. */
export interface Child {
  readonly peer: PeerRef;
  /** Its round trip to this peer, as it says. */
  rttUs: number;
  /** When it was heard of last. */
  heardMs: number;
}

/**
 * A peer's links in a tree: to its parent and to its children. Keeps the list of
 * neighbours, the links and the listener in step. No peer has two roles.
 */
export class TreeLinks {
  /** The parent and the children, in the order in which they came. */
  readonly neighbours: PeerRef[] = [];
  /** The oldest first. */
  readonly children: Child[] = [];
  private linkedParent: PeerRef | undefined = undefined;
  private readonly listener: NeighbourListener;

  constructor(listener: NeighbourListener) {
    this.listener = listener;
  }

  get parent(): PeerRef | undefined {
    return this.linkedParent;
  }

  /** The new parent comes before the old one goes, so that a peer that changes its place is linked all the time. */
  setParent(peer: PeerRef | undefined, nowMs: number, effects: Effects): void {
    const old = this.linkedParent;
    if (old === peer) return;
    this.linkedParent = peer;
    if (peer !== undefined) this.up(peer, nowMs, effects);
    if (old !== undefined) this.down(old, nowMs, effects);
  }

  child(peer: PeerRef): Child | undefined {
    return this.children.find((child) => child.peer === peer);
  }

  addChild(peer: PeerRef, rttUs: number, nowMs: number, effects: Effects): void {
    this.children.push({ peer, rttUs, heardMs: nowMs });
    this.up(peer, nowMs, effects);
  }

  /** Answers whether it was one. */
  dropChild(peer: PeerRef, nowMs: number, effects: Effects): boolean {
    const at = this.children.findIndex((child) => child.peer === peer);
    if (at < 0) return false;
    this.children.splice(at, 1);
    this.down(peer, nowMs, effects);
    return true;
  }

  /** Takes note that a child lives; answers whether the peer is one. */
  heard(peer: PeerRef, rttUs: number, nowMs: number): boolean {
    const child = this.child(peer);
    if (child === undefined) return false;
    child.rttUs = rttUs;
    child.heardMs = nowMs;
    return true;
  }

  /** Children that were heard of last before that time. */
  silent(beforeMs: number): PeerRef[] {
    return this.children.filter(({ heardMs }) => heardMs < beforeMs).map(({ peer }) => peer);
  }

  private up(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.neighbours.push(peer);
    effects.openLink(peer);
    this.listener.onNeighbourUp(peer, nowMs, effects);
  }

  private down(peer: PeerRef, nowMs: number, effects: Effects): void {
    this.neighbours.splice(this.neighbours.indexOf(peer), 1);
    effects.closeLink(peer);
    this.listener.onNeighbourDown(peer, nowMs, effects);
  }
}
