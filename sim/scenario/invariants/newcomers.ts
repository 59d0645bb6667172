import { groupConfig } from '../../../lib/core/config.ts';
import type { Invariant } from '../invariant.ts';

/** Nobody waits for ever to be told what it is owed. */
export const CAUGHT_UP: Invariant = {
  name: 'caught-up',
  claim: 'in the end every live peer that has neighbours, and does not just take whatever comes, says that it has caught up',
  kind: 'liveness',
  watch(run, report) {
    if (groupConfig(run.scenario.group).since === 'any') return undefined;
    const caughtUp = new Set<string>();
    return {
      onEvent(peer, { kind }) {
        if (kind === 'caughtUp') caughtUp.add(`${peer}.${run.incarnation(peer)}`);
      },
      atEnd() {
        for (const peer of run.up) {
          const isAlone = run.group(peer)?.overlay.neighbours.every((other) => other === peer) !== false;
          if (!isAlone && !caughtUp.has(`${peer}.${run.incarnation(peer)}`)) report('has neighbours and has not caught up', peer);
        }
      },
    };
  },
};

/** Neighbours that a newcomer asks at most: `SOURCES_MAX` of `FetchHistory`. */
const SOURCES_MAX = 4;

/** Who says that it has what is kept has asked for it. */
export const HISTORY_ASKED_FOR: Invariant = {
  name: 'history-asked-for',
  claim: `with since: 'history' a peer that says that it has caught up has asked all of its neighbours for what they keep, or ${SOURCES_MAX}`,
  kind: 'safety',
  watch(run, report) {
    if (groupConfig(run.scenario.group).since !== 'history') return undefined;
    const asked = new Map<string, Set<number>>();
    const askedBy = (peer: number): Set<number> => {
      const key = `${peer}.${run.incarnation(peer)}`;
      const found = asked.get(key) ?? new Set();
      asked.set(key, found);
      return found;
    };
    return {
      onTransmission(from, to, message) {
        if (message.kind === 'digest' && message.mode === 'history') askedBy(from).add(to);
      },
      onEvent(peer, { kind }) {
        if (kind !== 'caughtUp') return;
        const sources = askedBy(peer);
        if (sources.size === 0) report('says that it has caught up and has asked nobody', peer);
        const left = run.group(peer)?.overlay.neighbours.find((other) => other !== peer && !sources.has(other));
        if (left !== undefined && sources.size < SOURCES_MAX) report(`says that it has caught up and has not asked peer ${left}, its neighbour`, peer);
      },
    };
  },
};
