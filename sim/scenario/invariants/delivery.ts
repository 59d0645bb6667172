import type { DataMessage } from '../../../lib/core/messages.ts';
import type { Invariant } from '../invariant.ts';
import { markOf } from '../payload.ts';

/** No application gets a message twice. */
export const DELIVERED_ONCE: Invariant = {
  name: 'delivered-once',
  claim: 'a peer delivers no message twice while it runs',
  kind: 'safety',
  watch(run, report) {
    const seen = new Set<string>();
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        const key = `${peer}.${run.incarnation(peer)} ${origin} ${epoch} ${seq}`;
        if (seen.has(key)) report(`delivered message ${seq} of peer ${origin} (epoch ${epoch}) a second time`, peer);
        seen.add(key);
      },
    };
  },
};

/** What is delivered is what somebody published. */
export const DELIVERED_AS_PUBLISHED: Invariant = {
  name: 'delivered-as-published',
  claim: 'what is delivered was published, by that publisher and as it is',
  kind: 'safety',
  watch(run, report) {
    return {
      onDelivery(peer, _from, { origin, epoch, seq, payload }) {
        const published = run.published.get(markOf(payload) ?? -1);
        const same = published !== undefined && published.origin === origin && published.epoch === epoch && published.seq === seq && payload.length === Math.max(8, published.plan.bytes);
        if (!same) report(`delivered message ${seq} of peer ${origin} (epoch ${epoch}, ${payload.length} bytes), which nobody published`, peer);
      },
    };
  },
};

/** FIFO order (Hadzilacos and Toueg 1994, section 3): each publisher's messages in its order; what is given up is said. */
export const FIFO_ORDER: Invariant = {
  name: 'fifo-order',
  claim: 'in fifo and causal order the messages of a publisher are delivered in the order in which it published them',
  kind: 'safety',
  watch(run, report) {
    if (run.scenario.group.order !== 'fifo' && run.scenario.group.order !== 'causal') return undefined;
    const last = new Map<string, { readonly epoch: number; readonly seq: number }>();
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        const key = `${peer}.${run.incarnation(peer)} ${origin}`;
        const before = last.get(key);
        if (before !== undefined && (before.epoch > epoch || (before.epoch === epoch && before.seq >= seq))) report(`delivered message ${seq} of peer ${origin} after ${before.seq}`, peer);
        last.set(key, { epoch, seq });
      },
    };
  },
};

/** Causal order: nothing before what its publisher had delivered, unless that was given up aloud. */
export const CAUSAL_ORDER: Invariant = {
  name: 'causal-order',
  claim: 'in causal order a message comes after all that its publisher had delivered before it, but for what is reported lost',
  kind: 'safety',
  watch(run, report) {
    if (run.scenario.group.order !== 'causal') return undefined;
    /** By message: what its publisher had delivered when it published it. */
    const before = new Map<string, readonly DataMessage[]>();
    const had = new Map<string, DataMessage[]>();
    const settled = new Map<string, Set<string>>();
    const of = (peer: number): string => `${peer}.${run.incarnation(peer)}`;
    const settledAt = (peer: number): Set<string> => {
      const key = of(peer);
      const found = settled.get(key) ?? new Set<string>();
      settled.set(key, found);
      return found;
    };
    return {
      onDelivery(peer, _from, message) {
        const mine = had.get(of(peer)) ?? [];
        had.set(of(peer), mine);
        if (message.origin === peer) before.set(idOf(message), [...mine]);
        const done = settledAt(peer);
        const missing = (before.get(idOf(message)) ?? []).find((earlier) => !done.has(idOf(earlier)) && startedBefore(run.group(peer)?.log.has(earlier)));
        if (missing !== undefined) report(`delivered message ${message.seq} of peer ${message.origin} before message ${missing.seq} of peer ${missing.origin}, which its publisher had`, peer);
        mine.push(message);
        done.add(idOf(message));
      },
      onEvent(peer, event) {
        if (event.kind !== 'lost') return;
        for (let seq = event.fromSeq; seq <= Math.min(event.toSeq, event.fromSeq + 10_000); seq++) settledAt(peer).add(idOf({ origin: event.origin, epoch: event.epoch, seq }));
      },
    };
  },
};

/** With `since` a peer is owed nothing from before it came: its log then says that it has it. */
function startedBefore(has: boolean | undefined): boolean {
  return has === false;
}

function idOf({ origin, epoch, seq }: Pick<DataMessage, 'origin' | 'epoch' | 'seq'>): string {
  return `${origin} ${epoch} ${seq}`;
}
