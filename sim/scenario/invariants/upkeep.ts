import { groupConfig } from '../../../lib/core/config.ts';
import type { Invariant } from '../invariant.ts';

/** Messages that one peer sends within 250 ms, on average, before it counts as a storm. A guess: far more than any protocol needs. */
const MESSAGES_MAX = 2000;

/** Whatever happens, the work for it comes to an end. */
export const NO_STORM: Invariant = {
  name: 'no-storm',
  claim: `in 250 ms the peers send no more than ${MESSAGES_MAX} messages each, on average`,
  kind: 'safety',
  watch(run, report) {
    const most = MESSAGES_MAX * run.scenario.peers.length;
    let sent = 0;
    return {
      onTransmission() {
        if (++sent === most) report(`${most} messages were sent within 250 ms`);
      },
      onTick() {
        sent = 0;
      },
    };
  },
};

/** An identity stands for one message. */
export const PUBLISHED_ANEW: Invariant = {
  name: 'published-anew',
  claim: 'what is published has an identity that no other message has, and its publisher delivers it at once',
  kind: 'safety',
  watch(run, report) {
    const used = new Set<string>();
    const delivered = new Set<string>();
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        if (peer === origin) delivered.add(`${run.incarnation(peer)} ${origin} ${epoch} ${seq}`);
      },
      onPublish(peer, { origin, epoch, seq }) {
        const id = `${origin} ${epoch} ${seq}`;
        if (used.has(id)) report(`published message ${seq} (epoch ${epoch}) a second time`, peer);
        used.add(id);
        if (!delivered.has(`${run.incarnation(peer)} ${id}`)) report(`published message ${seq} (epoch ${epoch}) and did not deliver it`, peer);
      },
    };
  },
};

/** What was delivered can be sent again. */
export const HISTORY_KEPT: Invariant = {
  name: 'history-kept',
  claim: 'what a peer delivers is in its history, as long as no more was published than that holds',
  kind: 'safety',
  watch(run, report) {
    const { historyMessagesMax, historyBytesMax } = groupConfig(run.scenario.group);
    let messages = 0;
    let bytes = 0;
    return {
      onDelivery(peer, _from, message) {
        if (message.origin === peer) {
          messages++;
          bytes += message.payload.length + CAUSAL_BYTES * (message.after?.length ?? 0);
        }
        if (messages > historyMessagesMax || bytes > historyBytesMax) return;
        if (run.group(peer)?.log.find(message) === undefined) report(`delivered message ${message.seq} of peer ${message.origin} and did not keep it`, peer);
      },
    };
  },
};

/** At least what one entry of a causal message counts in a history. */
const CAUSAL_BYTES = 64;

/** A gap gets its time. */
export const GAPS_AWAITED: Invariant = {
  name: 'gaps-awaited',
  claim: 'in fifo order no message is given up while its publisher runs on, before one that it published later has been out for gapTimeoutMs, as long as the buffer has room for all',
  kind: 'safety',
  watch(run, report) {
    const { order, since, gapTimeoutMs, orderBufferMax } = groupConfig(run.scenario.group);
    if (orderBufferMax < run.scenario.publishes.length) return undefined;
    // A newcomer that fetches history is told what is kept nowhere any more; a clock that is fast has another timeout.
    if (order !== 'fifo' || since === 'history' || run.scenario.faults.some(({ kind }) => kind === 'clockSkew')) return undefined;
    const publishedMs = new Map<string, number>();
    const epochs = new Map<number, number>();
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        if (peer !== origin) return;
        publishedMs.set(`${origin} ${epoch} ${seq}`, run.nowMs);
        epochs.set(origin, epoch);
      },
      onEvent(peer, event) {
        if (event.kind !== 'lost' || (epochs.get(event.origin) ?? 0) > event.epoch) return;
        const laterMs = publishedMs.get(`${event.origin} ${event.epoch} ${event.toSeq + 1}`);
        if (laterMs !== undefined && run.nowMs - laterMs < gapTimeoutMs - 1) report(`gave up message ${event.toSeq} of peer ${event.origin} ${run.nowMs - laterMs} ms after the next one was published`, peer);
      },
    };
  },
};

/** Whose turn it is waits no longer. */
export const TURNS_TAKEN: Invariant = {
  name: 'turns-taken',
  claim: 'in fifo order no message is held back once the one before it was delivered',
  kind: 'safety',
  watch(run, report) {
    if (run.scenario.group.order !== 'fifo') return undefined;
    return {
      onTick() {
        for (const peer of run.up) {
          const log = run.group(peer)?.log;
          // A newcomer that does not know yet where it starts holds everything back.
          if (log === undefined || log.catchingUp) continue;
          const held = log.heldBack(HELD_MAX);
          if (held.length === 0) continue;
          const next = new Map(log.positions().map(({ origin, ...position }) => [origin, position]));
          const late = held.find(({ origin, epoch, seq }) => next.get(origin)?.epoch === epoch && next.get(origin)?.next === seq);
          if (late !== undefined) report(`holds message ${late.seq} of peer ${late.origin} back, whose turn it is`, peer);
        }
      },
    };
  },
};

/** Messages held back that are looked at: more than a peer may hold by default. */
const HELD_MAX = 10_000;
