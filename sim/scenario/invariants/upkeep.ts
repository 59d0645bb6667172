import { groupConfig } from '../../../lib/core/config.ts';
import type { MessageId } from '../../../lib/core/ids.ts';
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
  claim: 'in fifo order no message is given up while its publisher runs on, before one that it published later has been out for gapTimeoutMs, nor so soon after another gap of that publisher, as long as the buffer has room for all',
  kind: 'safety',
  watch(run, report) {
    const { order, since, gapTimeoutMs, orderBufferMax } = groupConfig(run.scenario.group);
    if (orderBufferMax < run.scenario.publishes.length) return undefined;
    // A newcomer that fetches history is told what is kept nowhere any more; a clock that is fast has another timeout.
    if (order !== 'fifo' || since === 'history' || run.scenario.faults.some(({ kind }) => kind === 'clockSkew')) return undefined;
    const publishedMs = new Map<string, number>();
    const epochs = new Map<number, number>();
    /** By peer and publisher's incarnation: when a gap was given up last. */
    const gaveUpMs = new Map<string, number>();
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        const key = `${origin} ${epoch} ${seq}`;
        // A peer that has started again may be brought what it published before.
        if (peer !== origin || publishedMs.has(key)) return;
        publishedMs.set(key, run.nowMs);
        epochs.set(origin, Math.max(epoch, epochs.get(origin) ?? 0));
      },
      onEvent(peer, event) {
        if (event.kind !== 'lost' || (epochs.get(event.origin) ?? 0) > event.epoch) return;
        const { origin, epoch, toSeq } = event;
        const laterMs = publishedMs.get(`${origin} ${epoch} ${toSeq + 1}`);
        if (laterMs !== undefined && run.nowMs - laterMs < gapTimeoutMs - 1) report(`gave up message ${toSeq} of peer ${origin} ${run.nowMs - laterMs} ms after the next one was published`, peer);
        const key = `${peer}.${run.incarnation(peer)} ${origin} ${epoch}`;
        const beforeMs = gaveUpMs.get(key);
        if (beforeMs !== undefined && run.nowMs - beforeMs < gapTimeoutMs - 1) report(`gave up message ${toSeq} of peer ${origin} ${run.nowMs - beforeMs} ms after the gap before that`, peer);
        gaveUpMs.set(key, run.nowMs);
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

/** Nothing that came is forgotten. */
export const HELD_OR_HANDED_ON: Invariant = {
  name: 'held-or-handed-on',
  claim: 'in an order whatever a peer keeps has had its turn, or waits for it, or was reported lost',
  kind: 'safety',
  watch(run, report) {
    if ((run.scenario.group.order ?? 'none') === 'none') return undefined;
    const lost = new Set<string>();
    const keyOf = (peer: number, { origin, epoch, seq }: MessageId): string => `${peer}.${run.incarnation(peer)} ${origin} ${epoch} ${seq}`;
    return {
      onEvent(peer, event) {
        if (event.kind !== 'lost') return;
        const { origin, epoch, fromSeq, toSeq } = event;
        for (let seq = fromSeq; seq <= Math.min(toSeq, fromSeq + LOST_MAX); seq++) lost.add(keyOf(peer, { origin, epoch, seq }));
      },
      onTick() {
        for (const peer of run.up) {
          const log = run.group(peer)?.log;
          if (log === undefined) continue;
          const next = new Map(log.positions().map((position) => [position.origin, position]));
          const held = new Set(log.heldBack(HELD_MAX).map((message) => keyOf(peer, message)));
          for (const message of log.lackedBy([], Infinity)) {
            const position = next.get(message.origin);
            if (position?.epoch !== message.epoch || message.seq < position.next) continue;
            const key = keyOf(peer, message);
            if (!held.has(key) && !lost.has(key)) report(`keeps message ${message.seq} of peer ${message.origin}, whose turn is still to come, and does not hold it back`, peer);
          }
        }
      },
    };
  },
};

/** Numbers of one `lost` event that are looked at: more than a scenario has. */
const LOST_MAX = 10_000;

/** Messages held back that are looked at: more than a peer may hold by default. */
const HELD_MAX = 10_000;
