import { type GroupConfig, groupConfig } from '../../../lib/core/config.ts';
import type { MessageId } from '../../../lib/core/ids.ts';
import type { Message } from '../../../lib/core/messages.ts';
import { XBot } from '../../../lib/overlay/x-bot.ts';
import type { Invariant, RunView } from '../invariant.ts';
import { calmMs } from '../scenario.ts';

/** Who asks needs it: a timer that comes too late, or an announcement, asks for nothing that has come meanwhile. */
export const ASKS_FOR_MISSING: Invariant = {
  name: 'asks-for-missing',
  claim: 'no peer asks for a message that it keeps, by Graft, IWant or in a comparison of ranges',
  kind: 'safety',
  watch(run, report) {
    return {
      onTransmission(from, to, message, attempt) {
        if (attempt > 1) return;
        const asked = askedFor(message);
        if (asked.length === 0) return;
        const log = run.group(from)?.log;
        const kept = asked.find((id) => log?.find(id) !== undefined);
        if (kept !== undefined) report(`asks peer ${to} for message ${kept.seq} of peer ${kept.origin}, which it keeps, by ${message.kind}`, from);
      },
    };
  },
};

/** One after the other: an announcement more, or a timer that is past, makes nobody ask sooner. */
export const GRAFTS_IN_TURN: Invariant = {
  name: 'grafts-in-turn',
  claim: 'no peer sends a Graft for a message within graftRetryMs of the one before for the same message',
  kind: 'safety',
  watch(run, report) {
    const { dissemination } = groupConfig(run.scenario.group);
    // A clock that is fast has other timeouts.
    if (dissemination.kind !== 'plumtree' || run.scenario.faults.some(({ kind }) => kind === 'clockSkew')) return undefined;
    const askedMs = new Map<string, number>();
    return {
      onTransmission(from, to, message, attempt) {
        if (attempt > 1 || message.kind !== 'graft' || message.id === undefined) return;
        const { origin, epoch, seq } = message.id;
        const key = `${from}.${run.incarnation(from)} ${origin} ${epoch} ${seq}`;
        const beforeMs = askedMs.get(key);
        if (beforeMs !== undefined && run.nowMs - beforeMs < dissemination.graftRetryMs - 1) report(`asks peer ${to} for message ${seq} of peer ${origin} ${run.nowMs - beforeMs} ms after it has asked another`, from);
        askedMs.set(key, run.nowMs);
      },
    };
  },
};

/** What one neighbour asked another for. */
interface Question {
  readonly from: number;
  readonly to: number;
  /** Of both, when it was asked. */
  readonly incarnations: readonly [number, number];
  readonly kind: Message['kind'];
  /** What the one asked keeps of it. */
  readonly ids: readonly MessageId[];
}

/** Questions are answered: other ways by which a message may come do not count on that. */
export const ASKED_AND_ANSWERED: Invariant = {
  name: 'asked-and-answered',
  claim: 'in the end a peer has what it asked a neighbour for that kept it, by Graft, IWant or as a newcomer that fetches history, if they have been neighbours ever since and the neighbour keeps it still',
  kind: 'liveness',
  watch(run, report) {
    const config = groupConfig(run.scenario.group);
    // Their links fail and nobody stops being a neighbour.
    if (config.overlay.kind === 'full' || config.overlay.kind === 'static' || config.overlay.kind === 'cyclon') return undefined;
    let open: Question[] = [];
    return {
      onTransmission(from, to, message, attempt) {
        if (attempt > 1 || !hasRoom(config, run.allPublished.length) || !areNeighbours(run, from, to)) return;
        const log = run.group(to)?.log;
        const wanted = message.kind === 'digest' && message.mode === 'history' ? (log?.lackedBy([], Infinity) ?? []) : message.kind === 'rangeWant' ? [] : askedFor(message);
        const ids = wanted.filter((id) => log?.find(id) !== undefined && run.group(from)?.log.has(id) === false);
        if (ids.length > 0) open.push({ from, to, incarnations: [run.incarnation(from), run.incarnation(to)], kind: message.kind, ids });
      },
      onEvent(peer, event) {
        if (event.kind !== 'neighbourDown') return;
        const { peer: other } = event;
        open = open.filter(({ from, to }) => !(from === peer && to === other) && !(from === other && to === peer));
      },
      atEnd() {
        open = open.filter(({ from, to, incarnations: [asker, asked] }) => run.incarnation(from) === asker && run.incarnation(to) === asked && areNeighbours(run, from, to));
        for (const { from, to, kind, ids } of open) {
          const missing = ids.find((id) => run.group(from)?.log.has(id) === false && run.group(to)?.log.find(id) !== undefined);
          if (missing !== undefined) report(`lacks message ${missing.seq} of peer ${missing.origin}, for which it asked peer ${to} by ${kind}`, from);
        }
      },
    };
  },
};

/** Messages of a newcomer's history that come in one part: no more are looked for. */
const HISTORY_PART = 256;

/** One question may name everything, and is answered whole. */
function hasRoom({ dissemination }: GroupConfig, messages: number): boolean {
  return messages <= (dissemination.kind === 'gossip-mesh' ? dissemination.batchMax : HISTORY_PART);
}

function areNeighbours(run: RunView, peer: number, other: number): boolean {
  const has = (one: number, another: number): boolean => run.group(one)?.overlay.neighbours.some((neighbour) => neighbour === another) === true;
  return has(peer, other) && has(other, peer);
}

function askedFor(message: Message): readonly MessageId[] {
  switch (message.kind) {
    case 'graft': return message.id === undefined ? NONE : [message.id];
    case 'iWant':
    case 'rangeWant': return message.ids;
    default: return NONE;
  }
}

const NONE: readonly MessageId[] = [];

/** While things go wrong a swap may hang; then all four answer. */
export const SWAPS_ANSWERED: Invariant = {
  name: 'swaps-answered',
  claim: 'no swap of X-BOT that begins once the last fault has healed, and 5000 ms more, runs into its timeout',
  kind: 'safety',
  watch(run, report) {
    const { overlay } = groupConfig(run.scenario.group);
    if (overlay.kind !== 'x-bot') return undefined;
    const fromMs = calmMs(run.scenario) + HEALED_MS + overlay.swapTimeoutMs;
    const before = new Map<number, number>();
    return {
      onTick() {
        for (const peer of run.up) {
          const part = run.group(peer)?.overlay;
          if (!(part instanceof XBot)) continue;
          const { timedOut } = part.counters;
          if (run.nowMs > fromMs && timedOut > (before.get(peer) ?? 0)) report('gives up a swap that nobody has answered', peer);
          before.set(peer, timedOut);
        }
      },
    };
  },
};

/** Peers that are gone are noticed by then, in ms. A guess. */
const HEALED_MS = 5000;
