/**
 * The measures of epidemics (A. Demers et al., "Epidemic algorithms for replicated
 * database maintenance", PODC 1987, section 1.4) and of gossip broadcast.
 */

/** Share of peers never infected once none is active; `null` without peers. */
export function residue(infected: number, peers: number): number | null {
  return peers > 0 ? (peers - infected) / peers : null;
}

/** Updates sent per peer; `null` without peers. */
export function traffic(updatesSent: number, peers: number): number | null {
  return peers > 0 ? updatesSent / peers : null;
}

/** When the update arrived, in cycles after it was injected, over the peers it was not injected at. */
export interface InfectionTimes {
  /** Mean over the peers that got it; `null` when none did. */
  readonly tAve: number | null;
  readonly tLast: number | null;
}

/** @param cycles by peer, the source left out: the cycle of arrival; negative or `NaN`: never. */
export function infectionTimes(cycles: ArrayLike<number>): InfectionTimes {
  let infected = 0;
  let sum = 0;
  let last = 0;
  for (let peer = 0; peer < cycles.length; peer++) {
    const cycle = cycles[peer] as number;
    if (!(cycle >= 0)) continue;
    infected++;
    sum += cycle;
    last = Math.max(last, cycle);
  }
  return infected === 0 ? { tAve: null, tLast: null } : { tAve: sum / infected, tLast: last };
}

/**
 * m / (n - 1) - 1: m payload transmissions received, n peers that have the
 * message, the source included (J. Leitao et al., "Epidemic broadcast trees", SRDS
 * 2007, section 4.1). `null` when the source alone has it.
 */
export function relativeMessageRedundancy(payloadsReceived: number, peersWithMessage: number): number | null {
  return peersWithMessage > 1 ? payloadsReceived / (peersWithMessage - 1) - 1 : null;
}

/** Copies of one message that a peer sends, over all peers, those that send none included. */
export interface NodeStress {
  readonly max: number;
  /** `null` without peers. */
  readonly mean: number | null;
}

/** @param copiesSent by peer. */
export function nodeStress(copiesSent: ArrayLike<number>): NodeStress {
  let max = 0;
  let sum = 0;
  for (let peer = 0; peer < copiesSent.length; peer++) {
    const copies = copiesSent[peer] as number;
    max = Math.max(max, copies);
    sum += copies;
  }
  return { max, mean: copiesSent.length === 0 ? null : sum / copiesSent.length };
}
