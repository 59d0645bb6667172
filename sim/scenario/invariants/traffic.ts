import type { Message } from '../../../lib/core/messages.ts';
import type { Invariant } from '../invariant.ts';
import { calmMs } from '../scenario.ts';

/** So long after two peers were neighbours what is said on account of that may still be answered, in ms: longer than a link takes to fail. A guess. */
const ANSWERED_MS = 5000;

/** What peers say to their neighbours, and these answer; looking for others is no part of it. */
const AMONG_NEIGHBOURS: readonly Message['kind'][] = ['data', 'iHave', 'iWant', 'graft', 'prune', 'digest', 'recent', 'ranges', 'rangeOffer', 'rangeWant', 'feedback', 'rumorRequest', 'connect', 'connectReply'];

/**
 * Nothing is disseminated over links that are closed, or to peers that are gone. While
 * things go wrong, what was under way for long is still answered: so this is looked at
 * once the last fault has healed and the last peer has joined.
 */
export const TALKS_TO_NEIGHBOURS: Invariant = {
  name: 'talks-to-neighbours',
  claim: `from ${2 * ANSWERED_MS} ms after the last fault on, nothing is sent to who has not been a neighbour, of the sender or with the sender for one, in the last ${ANSWERED_MS} ms`,
  kind: 'safety',
  watch(run, report) {
    const fromMs = calmMs(run.scenario) + 2 * ANSWERED_MS;
    /** By pair: when they were last seen to be no neighbours any more. */
    const parted = new Map<string, number>();
    const isLinked = (peer: number, other: number): boolean => {
      if (run.group(peer)?.overlay.neighbours.some((one) => one === other) === true) return true;
      return run.nowMs - (parted.get(`${peer} ${other}`) ?? -Infinity) <= ANSWERED_MS;
    };
    return {
      onEvent(peer, event) {
        if (event.kind === 'neighbourDown') parted.set(`${peer} ${event.peer}`, run.nowMs);
      },
      onTransmission(from, to, { kind }) {
        if (run.nowMs < fromMs || !AMONG_NEIGHBOURS.includes(kind) || isLinked(from, to) || isLinked(to, from)) return;
        report(`sends ${kind} to peer ${to}, and neither is a neighbour of the other`, from);
      },
    };
  },
};
