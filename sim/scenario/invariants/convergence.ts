import { groupConfig } from '../../../lib/core/config.ts';
import { type MessageId, peerRef } from '../../../lib/core/ids.ts';
import { CAUSAL_ENTRY_BYTES } from '../../../lib/core/messages.ts';
import type { Invariant, Published, StackView } from '../invariant.ts';

/**
 * Every live peer has got what others can still give. Peers compare with neighbours alone:
 * where histories have dropped something, what a peer further away still keeps does not
 * come through neighbours that had it and keep it no more.
 */
export const CONVERGED: Invariant<StackView> = {
  name: 'converged',
  claim: 'in the end every live peer has every message that is in the history of a neighbour, and of any live peer while histories have room for all that was published',
  kind: 'liveness',
  watch(run, report) {
    const { repair, dissemination, historyMessagesMax, historyBytesMax } = groupConfig(run.scenario.group);
    if ((repair ?? dissemination).kind !== 'anti-entropy') return undefined;
    return {
      atEnd() {
        const published = run.allPublished;
        const bytes = published.reduce((sum, { payload }) => sum + payload.length + published.length * CAUSAL_ENTRY_BYTES, 0);
        const keepsAll = published.length <= historyMessagesMax && bytes <= historyBytesMax;
        const everything = keepsAll ? keptBy(run, run.up) : undefined;
        for (const peer of run.up) {
          const log = run.group(peer)?.log;
          const kept = everything ?? keptBy(run, run.group(peer)?.overlay.neighbours ?? []);
          const missing = kept.filter((id) => log?.has(id) === false);
          const [first] = missing;
          if (first !== undefined) report(`lacks ${missing.length} of ${kept.length} messages that others keep, the first is message ${first.seq} of peer ${first.origin} (epoch ${first.epoch})`, peer);
        }
      },
    };
  },
};


/** Asked for one by one: what repair itself finds there to send might leave some out. */
function keptBy(run: StackView, peers: readonly number[]): readonly MessageId[] {
  const logs = peers.flatMap((peer) => run.group(peer)?.log ?? []);
  const all = run.allPublished.map(({ origin, epoch, seq }) => ({ origin: peerRef(origin), epoch, seq }));
  return all.filter((id) => logs.some((log) => log.find(id) !== undefined));
}

/**
 * What is published when all is good comes to everybody. Protocols without repair are
 * held to this alone, and only while nobody's neighbours change: what is published while
 * things go wrong they may lose.
 */
export const REACHES_ALL: Invariant<StackView> = {
  name: 'reaches-all',
  claim: 'what is published once all is good is delivered at every live peer, without repair as long as no neighbours change',
  kind: 'liveness',
  watch(run, report) {
    const { repair, dissemination } = groupConfig(run.scenario.group);
    const isRepaired = repair !== undefined || dissemination.kind === 'anti-entropy';
    const delivered = new Map<string, Set<number>>();
    let owed: readonly Published[] = [];
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        const key = `${origin} ${epoch} ${seq}`;
        const at = delivered.get(key) ?? new Set();
        delivered.set(key, at);
        at.add(peer);
      },
      onEvent(_peer, { kind }) {
        if (!isRepaired && (kind === 'neighbourUp' || kind === 'neighbourDown')) owed = [];
      },
      onProbe(published) {
        owed = published;
      },
      atEnd() {
        for (const { origin, epoch, seq } of owed) {
          const at = delivered.get(`${origin} ${epoch} ${seq}`);
          const missing = run.up.filter((peer) => at?.has(peer) !== true);
          if (missing.length > 0) report(`message ${seq} of peer ${origin}, published when all was good, was not delivered at ${missing.length} of ${run.up.length} peers, the first is peer ${missing[0]}`);
        }
      },
    };
  },
};

/** What a peer keeps for others its own application has got. A newcomer that is not owed everything is owed what is published once it has caught up. */
export const HANDED_ON: Invariant<StackView> = {
  name: 'handed-on',
  claim: "in the end a peer has delivered what it keeps, or reported it lost; with since: 'now' what was published after it had caught up",
  kind: 'liveness',
  watch(run, report) {
    const isOwedAll = groupConfig(run.scenario.group).since !== 'now';
    const had = new Set<string>();
    const keyOf = (peer: number, origin: number, epoch: number, seq: number): string => `${peer}.${run.incarnation(peer)} ${origin} ${epoch} ${seq}`;
    /** By message: how many were published before it. By peer: how many there were when it had caught up. */
    const ranks = new Map<string, number>();
    const caughtUpAt = new Map<string, number>();
    const isOwed = (peer: number, id: string): boolean => isOwedAll || (ranks.get(id) ?? -1) >= (caughtUpAt.get(`${peer}.${run.incarnation(peer)}`) ?? Infinity);
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        had.add(keyOf(peer, origin, epoch, seq));
        const id = `${origin} ${epoch} ${seq}`;
        if (!isOwedAll && !ranks.has(id)) ranks.set(id, ranks.size);
      },
      onEvent(peer, event) {
        if (event.kind === 'caughtUp') caughtUpAt.set(`${peer}.${run.incarnation(peer)}`, ranks.size);
        if (event.kind !== 'lost') return;
        for (let seq = event.fromSeq; seq <= Math.min(event.toSeq, event.fromSeq + LOST_MAX); seq++) had.add(keyOf(peer, event.origin, event.epoch, seq));
      },
      atEnd() {
        for (const peer of run.up) {
          const held = run.group(peer)?.log.lackedBy([], Infinity) ?? [];
          const missing = held.find(({ origin, epoch, seq }) => isOwed(peer, `${origin} ${epoch} ${seq}`) && !had.has(keyOf(peer, origin, epoch, seq)));
          if (missing !== undefined) report(`keeps message ${missing.seq} of peer ${missing.origin} (epoch ${missing.epoch}), and neither delivered it nor reported it lost`, peer);
        }
      },
    };
  },
};

/** Numbers of one `lost` event that are looked at: more than a scenario has. */
const LOST_MAX = 10_000;
