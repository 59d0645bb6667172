import type { GroupRef } from '../ids.ts';

/** Messages of `RttMeter`. */
export type RttMessage = RttProbe | RttReply;

/** Overlays that choose by distance: send this back at once. */
export interface RttProbe {
  readonly kind: 'rttProbe';
  readonly group: GroupRef;
  /** The asker's number of the probe. */
  readonly seq: number;
}

/** The answer to the probe of this number. */
export interface RttReply {
  readonly kind: 'rttReply';
  readonly group: GroupRef;
  readonly seq: number;
}
