import { groupConfig } from '../../../lib/core/config.ts';
import type { DataMessage, Message } from '../../../lib/core/messages.ts';
import type { Group } from '../../../lib/peer/group.ts';
import type { Invariant } from '../invariant.ts';
import { lastMs } from '../scenario.ts';

/** Longer than all periodic steps that bring messages are apart, in ms. */
const QUIET_MS = 2500;

/** Who has told everybody everything has nothing more to say. */
export const RESTS: Invariant = {
  name: 'rests',
  claim: `in the end no peer has something to tell, awaits or has asked for something, and for ${QUIET_MS} ms no message was sent, asked for, announced or said to be known`,
  kind: 'liveness',
  watch(run, report) {
    const { digestRangesMax } = groupConfig(run.scenario.group);
    const healedMs = lastMs(run.scenario);
    /** An application goes on publishing of its own accord: then there is no rest. */
    let goesOn = false;
    let last: { readonly kind: Message['kind']; readonly peer: number; readonly to: number; readonly atMs: number } | undefined = undefined;
    return {
      onPublish(peer) {
        if (run.nowMs > healedMs && run.application(peer) !== undefined) goesOn = true;
      },
      onTransmission(peer, to, message) {
        if (isWork(message) && !isUnsure(message, run.group(to), digestRangesMax)) last = { kind: message.kind, peer, to, atMs: run.nowMs };
      },
      atEnd() {
        // Who is alone has nobody to tell.
        if (goesOn || run.up.length < 2) return;
        if (last !== undefined && run.nowMs - last.atMs < QUIET_MS) report(`has sent ${last.kind} to peer ${last.to} ${Math.round(run.nowMs - last.atMs)} ms ago`, last.peer);
        for (const peer of run.up) {
          const group = run.group(peer);
          for (const [what, count] of group === undefined ? [] : unfinishedOf(group)) if (count > 0) report(`${what}: ${count}`, peer);
        }
      },
    };
  },
};

function unfinishedOf({ log, dissemination, repair }: Group): readonly (readonly [string, number])[] {
  return [...Object.entries({ ...repair?.unfinished, ...dissemination.unfinished }), ['messages held back', log.heldBack(1).length]];
}

/** Whether it is part of bringing a message to who has not got it; comparing, and looking whether links are there, go on for ever. */
function isWork(message: Message): boolean {
  switch (message.kind) {
    case 'data':
    case 'feedback':
    case 'iHave':
    case 'iWant':
    case 'rangeWant': return true;
    case 'graft': return message.id !== undefined;
    default: return false;
  }
}

/** What lies behind more gaps than a digest has room for is sent in turn, since it may be lacked, for as long as it is kept. */
function isUnsure(message: Message, to: Group | undefined, rangesMax: number): boolean {
  if (to === undefined || message.kind !== 'data' || !message.repair) return false;
  const { origin, epoch, seq }: DataMessage = message;
  const entry = to.log.digest().find((each) => each.origin === origin && each.epoch === epoch);
  return entry !== undefined && entry.beyond.length >= 2 * rangesMax && seq > (entry.beyond.at(-1) ?? Infinity);
}
