import type { GroupConfig } from '../../../lib/core/config.ts';
import { assert } from '../../../lib/core/errors.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { Random } from '../../../lib/core/random.ts';
import type { Group } from '../../../lib/peer/group.ts';
import { infectionTimes, residue, traffic } from '../../measure/epidemic.ts';
import { SynchronousRounds } from './synchronous-rounds.ts';

/** Cycles of one epidemic at most: some ten times what the slowest of the paper takes. */
const CYCLES_MAX = 2000;

/** What one epidemic came to: the paper's s, m, t_ave and t_last. */
export interface Epidemic {
  readonly residue: number;
  readonly traffic: number;
  /** In cycles; `NaN` when nobody but the source was told. */
  readonly tAve: number;
  readonly tLast: number;
}

/** One update among peers that know each other, by rumor mongering, until nobody tells it any more. */
export function rumorEpidemic(config: GroupConfig, peers: readonly PeerRef[], random: Random): Epidemic {
  assert(config.dissemination.kind === 'rumor', 'the epidemic is a rumor');
  const source = peerRef(random.fork('source').below(peers.length));
  const arrivals = new Int32Array(peers.length).fill(-1);
  let sent = 0;
  let infected = 0;
  const rounds = new SynchronousRounds({
    config,
    peers,
    cycleMs: config.dissemination.cycleMs,
    random,
    onSend: (_from, _to, message) => {
      if (message.kind === 'data') sent++;
    },
    onDelivery: (peer, _from, cycle) => {
      infected++;
      if (peer !== source) arrivals[peer] = cycle;
    },
  });
  rounds.publish(source);
  for (let over = false; !over && rounds.cycle < CYCLES_MAX;) {
    const before = sent;
    rounds.runCycle();
    // Who pulls never stops asking: the epidemic is over when nobody has the rumor to tell.
    over = rounds.idle || (sent === before && !rounds.groups().some(isHot));
  }
  const { tAve, tLast } = infectionTimes(arrivals);
  return { residue: residue(infected, peers.length) ?? NaN, traffic: traffic(sent, peers.length) ?? NaN, tAve: tAve ?? NaN, tLast: tLast ?? NaN };
}

function isHot(group: Group | undefined): boolean {
  const dissemination = group?.dissemination;
  return dissemination !== undefined && 'hotRumors' in dissemination && dissemination.hotRumors !== 0;
}
