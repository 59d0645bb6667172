import type { DataMessage } from '../../../lib/core/messages.ts';
import type { Invariant, StackView } from '../invariant.ts';

/** No application gets a message twice. */
export const DELIVERED_ONCE: Invariant<StackView> = {
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
export const DELIVERED_AS_PUBLISHED: Invariant<StackView> = {
  name: 'delivered-as-published',
  claim: 'what is delivered was published, by that publisher and as it is',
  kind: 'safety',
  watch(run, report) {
    return {
      onDelivery(peer, _from, { origin, epoch, seq, payload }) {
        const published = run.publishedAs(origin, epoch, seq);
        if (published === undefined || !sameBytes(published.payload, payload)) report(`delivered message ${seq} of peer ${origin} (epoch ${epoch}, ${payload.length} bytes), which nobody published`, peer);
      },
    };
  },
};

function sameBytes(x: Uint8Array, y: Uint8Array): boolean {
  return x === y || (x.length === y.length && x.every((byte, index) => byte === y[index]));
}

/** FIFO order (Hadzilacos and Toueg 1994, section 3): each publisher's messages in its order; what is given up is said. */
export const FIFO_ORDER: Invariant<StackView> = {
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

/** What an order skips it says. */
export const LOSSES_SAID: Invariant<StackView> = {
  name: 'losses-said',
  claim: 'in an order a number that is skipped was reported lost before',
  kind: 'safety',
  watch(run, report) {
    if ((run.scenario.group.order ?? 'none') === 'none') return undefined;
    const next = new Map<string, number>();
    const lost = new Set<string>();
    const keyOf = (peer: number, origin: number, epoch: number): string => `${peer}.${run.incarnation(peer)} ${origin} ${epoch}`;
    return {
      onDelivery(peer, _from, { origin, epoch, seq }) {
        const key = keyOf(peer, origin, epoch);
        // The first number delivered of a publisher is where the stream starts here.
        for (let skipped = next.get(key) ?? seq; skipped < seq; skipped++) {
          if (!lost.has(`${key} ${skipped}`)) return report(`delivered message ${seq} of peer ${origin} and said nothing of message ${skipped}`, peer);
        }
        next.set(key, seq + 1);
      },
      onEvent(peer, event) {
        if (event.kind !== 'lost') return;
        const key = keyOf(peer, event.origin, event.epoch);
        for (let seq = event.fromSeq; seq <= Math.min(event.toSeq, event.fromSeq + LOST_MAX); seq++) lost.add(`${key} ${seq}`);
      },
    };
  },
};

/**
 * Causal order, as `CausalOrder` promises it: of two messages delivered here, of which
 * one happened before the other, that one comes first, unless something that the other
 * comes after was reported lost here.
 */
export const CAUSAL_ORDER: Invariant<StackView> = {
  name: 'causal-order',
  claim: 'in causal order no message is delivered after one that comes after it, but for what is reported lost',
  kind: 'safety',
  watch(run, report) {
    if (run.scenario.group.order !== 'causal') return undefined;
    /** By message: what its publisher had delivered when it published it. */
    const pasts = new Map<string, readonly string[]>();
    const histories = new Map<string, CausalHistory>();
    const of = (peer: number): CausalHistory => {
      const key = `${peer}.${run.incarnation(peer)}`;
      const found = histories.get(key) ?? { delivered: new Set(), lost: new Set(), tooLate: new Map() };
      histories.set(key, found);
      return found;
    };
    return {
      onDelivery(peer, _from, message) {
        const { delivered, lost, tooLate } = of(peer);
        const id = idOf(message);
        const after = tooLate.get(id);
        if (after !== undefined) report(`delivered message ${message.seq} of peer ${message.origin} after message ${after}, whose publisher had it`, peer);
        if (message.origin === peer && !pasts.has(id)) pasts.set(id, [...delivered]);
        const past = pasts.get(id) ?? [];
        if (!past.some((earlier) => lost.has(earlier))) for (const earlier of past) if (!delivered.has(earlier)) tooLate.set(earlier, `${message.seq} of peer ${message.origin}`);
        delivered.add(id);
      },
      onEvent(peer, event) {
        if (event.kind !== 'lost') return;
        const { origin, epoch, fromSeq, toSeq } = event;
        for (let seq = fromSeq; seq <= Math.min(toSeq, fromSeq + LOST_MAX); seq++) of(peer).lost.add(idOf({ origin, epoch, seq }));
      },
    };
  },
};

/** Numbers of one `lost` event that are looked at: more than a scenario has. */
const LOST_MAX = 10_000;

/** What one peer has had, and must not get any more. */
interface CausalHistory {
  readonly delivered: Set<string>;
  readonly lost: Set<string>;
  /** By message: which one was delivered before it that comes after it. */
  readonly tooLate: Map<string, string>;
}

function idOf({ origin, epoch, seq }: Pick<DataMessage, 'origin' | 'epoch' | 'seq'>): string {
  return `${origin} ${epoch} ${seq}`;
}
