import type { GroupRef, PeerRef } from '../ids.ts';

/** Messages of Narada (Chu, Rao, Seshan, Zhang, SIGMETRICS 2000). */
export type NaradaMessage =
  | NaradaJoin
  | NaradaMembers
  | NaradaDescribe
  | NaradaLink
  | NaradaLinkReply
  | NaradaDrop
  | NaradaLeave
  | NaradaRefresh
  | NaradaAskCosts
  | NaradaCosts;

/** A newcomer asks its contact who is in the group. */
export interface NaradaJoin {
  readonly kind: 'naradaJoin';
  readonly group: GroupRef;
}

/** Members and how to reach them: the answer to a join, and to a request to describe some. */
export interface NaradaMembers {
  readonly kind: 'naradaMembers';
  readonly group: GroupRef;
  readonly peers: readonly PeerRef[];
}

/** Your refresh named these; how are they reached? */
export interface NaradaDescribe {
  readonly kind: 'naradaDescribe';
  readonly group: GroupRef;
  readonly peers: readonly PeerRef[];
}

/** Asks for a mesh link. An urgent one joins the mesh or repairs it, and is refused only at twice the largest degree. */
export interface NaradaLink {
  readonly kind: 'naradaLink';
  readonly group: GroupRef;
  readonly urgent: boolean;
}

/** The answer to a request for a link. */
export interface NaradaLinkReply {
  readonly kind: 'naradaLinkReply';
  readonly group: GroupRef;
  readonly accepted: boolean;
}

/** The link between us goes; it carries what is under way for a while yet. */
export interface NaradaDrop {
  readonly kind: 'naradaDrop';
  readonly group: GroupRef;
}

/** The sender leaves the group; `seq` is its last sequence number. */
export interface NaradaLeave {
  readonly kind: 'naradaLeave';
  readonly group: GroupRef;
  readonly seq: number;
}

/**
 * What the sender knows of members, and its routes to them: all of them at each
 * refresh, and in between those that have changed. What is not named stays as it was.
 */
export interface NaradaRefresh {
  readonly kind: 'naradaRefresh';
  readonly group: GroupRef;
  /** Counts the sender's refreshes, so that one that was overtaken is known. */
  readonly number: number;
  /** Mesh links of the sender. */
  readonly degree: number;
  readonly entries: readonly RefreshEntry[];
}

/** One member in a refresh. */
export interface RefreshEntry {
  readonly member: PeerRef;
  /** `failed`: it did not answer; `left`: it said good-bye. */
  readonly status: MemberStatus;
  /** The last sequence number that the sender knows the member to have issued; 0: it knows none. */
  readonly seq: number;
  /** Of the sender to the member; absent when there is none, as to members that are not alive. */
  readonly route?: MeshRoute;
}

export type MemberStatus = 'alive' | 'failed' | 'left';

/** A way over the mesh. */
export interface MeshRoute {
  /** Sum of the one-way delays of its links, in whole microseconds; `TRANSIENT_US` more where it uses a link that goes. */
  readonly costUs: number;
  /** The members between the two ends, the next hop first; empty between neighbours. */
  readonly path: readonly PeerRef[];
}

/** The paper's routing cost Transient Forward: larger than the cost of any other route, and less than infinite. */
export const TRANSIENT_US = 2 ** 31;

/** Routes that cost more are none. */
export const COST_US_MAX = 2 ** 32 - 1;

/** Routes with more members between their ends are not used, which bounds what a refresh weighs. */
export const PATH_HOPS_MAX = 64;

/** Entries of a refresh, and members in the paths of them all; what is more goes into another one. */
export const REFRESH_ENTRIES_MAX = 512;
export const REFRESH_HOPS_MAX = 8192;

/** Members of a group at most: as many ids as there is room for beside that many hops. */
export const NARADA_MEMBERS_MAX = 1024;

/** Members described, or asked about, in one message at most. */
export const DESCRIBED_MAX = 200;

/** What do the members cost you? The answer tells whether a link to you is worth having. */
export interface NaradaAskCosts {
  readonly kind: 'naradaAskCosts';
  readonly group: GroupRef;
}

/** The sender's routing table without the paths, itself included. */
export interface NaradaCosts {
  readonly kind: 'naradaCosts';
  readonly group: GroupRef;
  /** Mesh links of the sender. */
  readonly degree: number;
  readonly costs: readonly MemberCost[];
}

/** What the route to a member costs. */
export interface MemberCost {
  readonly member: PeerRef;
  readonly costUs: number;
}
