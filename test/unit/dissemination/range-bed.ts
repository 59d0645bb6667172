import type { MessageId, PeerRef } from '../../../lib/core/ids.ts';
import { numberedId } from '../../../lib/core/message-key.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { DataMessage, Message, RangeMessage } from '../../../lib/core/messages.ts';
import { Random } from '../../../lib/core/random.ts';
import { RangeReconciliation } from '../../../lib/dissemination/range-reconciliation.ts';
import { Codec } from '../../../lib/wire/codec.ts';
import { SimulatedDirectory } from '../../../sim/world/simulated-directory.ts';
import { GROUP, SESSION, logLimits } from '../../support/builders.ts';
import { RecordingEffects } from '../../support/recording-effects.ts';

const PAYLOAD = new Uint8Array(0);

/** A message of no bytes. */
export function kept({ origin, epoch, seq }: MessageId): DataMessage {
  return { kind: 'data', group: GROUP, origin, epoch, seq, hops: 1, repair: false, payload: PAYLOAD };
}

/** One end of an exchange: a log, and what reconciles it. */
export class End {
  readonly log: MessageLog;
  readonly reconciliation: RangeReconciliation;
  readonly effects = new RecordingEffects();

  constructor(self: PeerRef, ids: readonly MessageId[], historyMessagesMax = 200_000, batchMax = 65_536) {
    this.log = new MessageLog(GROUP, SESSION, logLimits({ historyMessagesMax, originsMax: 200_000 }));
    this.reconciliation = new RangeReconciliation(this.log, numberedId, batchMax, new Random(self));
    for (const id of ids) this.log.accept(kept(id), self, this.effects);
    this.effects.take();
  }

  begin(to: PeerRef, mode: 'push' | 'pull' | 'pushPull'): Message[] {
    this.reconciliation.onCycle();
    this.reconciliation.begin(to, mode, this.effects);
    return this.sent();
  }

  receive(from: PeerRef, message: Message, mark = Infinity): Message[] {
    if (message.kind === 'data') this.log.accept(message, from, this.effects);
    else this.reconciliation.onMessage(from, message as RangeMessage, mark, this.effects);
    return this.sent();
  }

  private sent(): Message[] {
    return this.effects.take().flatMap((effect) => (effect.effect === 'send' || effect.effect === 'sendUnreliable' ? [effect.message] : []));
  }
}

/** What an exchange took. */
export interface Exchange {
  /** One-way trips, one after the other, the payloads' included. */
  readonly trips: number;
  readonly controlMessages: number;
  readonly controlBytes: number;
  readonly payloads: number;
  readonly largestBytes: number;
}

/** Carries messages between two ends, all of one direction at a time, until none is left. */
export function exchange(one: End, other: End, mode: 'push' | 'pull' | 'pushPull' = 'pushPull', peers: readonly [PeerRef, PeerRef] = [1 as PeerRef, 2 as PeerRef]): Exchange {
  const codec = new Codec(new SimulatedDirectory(2 ** 21));
  const counts = { trips: 0, controlMessages: 0, controlBytes: 0, payloads: 0, largestBytes: 0 };
  let toOther = one.begin(peers[1], mode);
  let toOne: Message[] = [];
  while (toOther.length + toOne.length > 0) {
    counts.trips++;
    for (const message of [...toOther, ...toOne]) {
      const bytes = codec.size(message);
      counts.largestBytes = Math.max(counts.largestBytes, bytes);
      if (message.kind === 'data') counts.payloads++;
      else {
        counts.controlMessages++;
        counts.controlBytes += bytes;
      }
    }
    const answers = toOther.flatMap((message) => other.receive(peers[0], message));
    toOther = toOne.flatMap((message) => one.receive(peers[1], message));
    toOne = answers;
  }
  return counts;
}

/** The messages that `end` keeps, as text in order. */
export function contents(end: End): string[] {
  return end.log.lackedBy([], Infinity).map(({ origin, epoch, seq }) => `${origin}/${epoch}/${seq}`).sort();
}
