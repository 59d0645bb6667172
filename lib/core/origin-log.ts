import type { MessageId, PeerRef } from './ids.ts';
import type { DigestEntry } from './messages.ts';
import { SequenceWindow, WINDOW_SIZE, inRanges } from './sequence-window.ts';

/** Stands for no origin: a log has a window from the start, side by side with it in memory. */
export const NOBODY = -1 as PeerRef;

/** The window of one publisher's incarnation; one object, since every message that arrives looks at it. */
export class OriginLog extends SequenceWindow {
  origin: PeerRef = NOBODY;
  epoch = 0;
}

/** Whether the owner of a digest with this entry has seen the message. */
export function covers(entry: DigestEntry | undefined, id: MessageId): boolean {
  if (entry === undefined || entry.epoch < id.epoch) return false;
  return entry.epoch > id.epoch || id.seq < entry.next || inRanges(entry.beyond, id.seq);
}

/** Ranges come from the network: look only at the part that the window can tell apart. */
export function rangeHasUnseen(window: SequenceWindow, ranges: readonly number[], i: number): boolean {
  const to = Math.min(ranges[i + 1] ?? 0, window.next + WINDOW_SIZE);
  for (let seq = Math.max(ranges[i] ?? 0, window.next); seq <= to; seq++) if (!window.has(seq)) return true;
  return false;
}

/** Marks flat ranges as seen, as far as the window reaches and at most `marksMax` numbers; answers how many. */
export function markSeen(window: SequenceWindow, ranges: readonly number[], marksMax: number): number {
  let marked = 0;
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    const to = Math.min(ranges[i + 1] as number, window.next + WINDOW_SIZE - 1);
    for (let seq = Math.max(ranges[i] as number, window.next); seq <= to && marked < marksMax; seq++) {
      if (window.has(seq)) continue;
      window.add(seq);
      marked++;
    }
  }
  return marked;
}
