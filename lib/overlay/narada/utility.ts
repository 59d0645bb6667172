import type { NaradaOptions } from '../../core/config.ts';
import type { PeerRef } from '../../core/ids.ts';
import type { MemberCost } from '../../core/messages.ts';
import type { MeshLink } from './mesh-links.ts';
import type { RouteTable } from './route-table.ts';

/**
 * What a link is worth, and what it must be worth (sections 3.2.1 and 3.2.2). The paper
 * leaves the thresholds open but for what they depend on: the size of the group and the
 * degrees of both ends, now and at most. Ours are guesses that keep its rule that what
 * is dropped would not be added again at once.
 */

/**
 * Gain of a link to a member that is `linkUs` away and whose routing table is `costs`
 * (figure 4): the sum, over members, of the share by which the delay to them shrinks.
 */
export function utilityGain(routes: RouteTable, self: PeerRef, costs: readonly MemberCost[], linkUs: number): number {
  let utility = 0;
  for (const { member, costUs } of costs) {
    if (member === self) continue;
    const currentUs = routes.costUs(member);
    const newUs = linkUs + costUs;
    if (currentUs === undefined) utility += 1;
    else if (newUs < currentUs) utility += (currentUs - newUs) / currentUs;
  }
  return utility;
}

/** Cost of a link (figure 5): how many members one of its ends reaches over it, whichever end has more. */
export function consensusCost(link: MeshLink, routes: RouteTable): number {
  const { own, other } = routes.usersOf(link);
  return Math.max(own, other);
}

/** Share of the group that the gain of a link must reach, with few links and with nearly `degreeMax`. Guesses. */
const ADD_SHARE_LEAST = 0.02;
const ADD_SHARE_MOST = 0.08;

/** A link is dropped when its cost is below this share of the gain that adding it would take. A guess. */
const DROP_SHARE = 0.5;

/** The gain that a new link must exceed, `degree` being the higher one of its two ends before it is there. */
export function addThreshold(groupSize: number, degree: number, { degreeMin, degreeMax }: NaradaOptions): number {
  if (degree < degreeMin) return 0;
  const load = degreeMax === degreeMin ? 1 : Math.min(1, (degree - degreeMin) / (degreeMax - degreeMin));
  return groupSize * (ADD_SHARE_LEAST + load * (ADD_SHARE_MOST - ADD_SHARE_LEAST));
}

/**
 * The cost below which a link is dropped, `degree` being that of this end and `otherDegree`
 * that of the other, the link counted in both. Where there are more than there may be, one
 * must go, whatever it leaves to the other end and whoever is reached by it: one that turns
 * out to be the only way is taken up again.
 */
export function dropThreshold(groupSize: number, degree: number, otherDegree: number, options: NaradaOptions): number {
  if (degree > options.degreeMax) return Infinity;
  const lower = Math.min(degree, otherDegree);
  if (lower <= options.degreeMin) return 0;
  return DROP_SHARE * addThreshold(groupSize, lower - 1, options);
}
