import { groupConfig } from '../../../lib/core/config.ts';
import type { CyclonOptions } from '../../../lib/core/options.ts';
import { Cyclon } from '../../../lib/membership/cyclon.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { Lasting } from '../lasting.ts';

function optionsOf(run: RunView): CyclonOptions | undefined {
  const { overlay } = groupConfig(run.scenario.group);
  return overlay.kind === 'cyclon' ? overlay : undefined;
}

function cyclonOf(run: RunView, peer: number): Cyclon | undefined {
  const overlay = run.group(peer)?.overlay;
  return overlay instanceof Cyclon ? overlay : undefined;
}

/** By their ages entries of peers that are gone come up, and go. */
export const AGES_TRUE: Invariant = {
  name: 'ages-true',
  claim: 'at a shuffle every entry has become older, the oldest one is the partner, and what is sent of an entry is its age',
  kind: 'safety',
  watch(run, report) {
    if (optionsOf(run) === undefined) return undefined;
    return {
      onTransmission(peer, to, message, attempt) {
        if (attempt > 1 || (message.kind !== 'cyclonShuffle' && message.kind !== 'cyclonReply')) return;
        const cyclon = cyclonOf(run, peer);
        const wrong = message.entries.find((entry) => (cyclon?.ageOf(entry.peer) ?? entry.age) !== entry.age);
        if (wrong !== undefined) report(`says that its entry of peer ${wrong.peer} has age ${wrong.age}, which has ${cyclon?.ageOf(wrong.peer)}`, peer);
        if (cyclon === undefined || message.kind !== 'cyclonShuffle') return;
        const ages = cyclon.neighbours.map((other) => ({ other, age: cyclon.ageOf(other) ?? 0 }));
        const oldest = Math.max(...ages.map(({ age }) => age));
        const young = ages.find(({ age }) => age === 0);
        if (young !== undefined) report(`shuffles, and its entry of peer ${young.other} has not become older`, peer);
        if (ages.some(({ other, age }) => other === to && age < oldest)) report(`shuffles with peer ${to}, which is not the oldest`, peer);
      },
    };
  },
};

/** Shuffles after which somebody who is lost has been asked: twice as many as there should be between two questions. */
const ASKED_AFTER = 20;

/** Parts that a partition has left without entries of each other find each other again. */
export const LOST_ASKED: Invariant = {
  name: 'lost-asked',
  claim: `in the end no peer that remembers others that did not answer has asked none of them for ${ASKED_AFTER} shuffles`,
  kind: 'liveness',
  watch(run, report) {
    const options = optionsOf(run);
    if (options === undefined) return undefined;
    const lasting = new Lasting(ASKED_AFTER * options.shuffleIntervalMs);
    /** By peer: questions so far. */
    const asked = new Map<number, number>();
    let wrong: readonly string[] = [];
    return {
      onTransmission(peer, to, { kind }) {
        if (kind === 'join' && cyclonOf(run, peer)?.lostPeers.some((lost) => lost === to) === true) asked.set(peer, (asked.get(peer) ?? 0) + 1);
      },
      onTick() {
        const waiting = run.up.filter((peer) => (cyclonOf(run, peer)?.lostPeers.length ?? 0) > 0);
        wrong = lasting.look(run.nowMs, waiting.map((peer) => `peer ${peer} (incarnation ${run.incarnation(peer)}) has asked none of its lost peers since question ${asked.get(peer) ?? 0}`));
      },
      atEnd() {
        for (const what of wrong) report(what);
      },
    };
  },
};
