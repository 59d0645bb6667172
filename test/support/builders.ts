import { DEFAULTS } from '../../lib/core/config.ts';
import { type PeerRef, groupRef, peerRef } from '../../lib/core/ids.ts';
import type { LogLimits } from '../../lib/core/log-limits.ts';
import type { DataMessage } from '../../lib/core/messages.ts';
import type { NeighbourListener } from '../../lib/core/protocol.ts';
import { Random } from '../../lib/core/random.ts';
import type { RecordingEffects } from './recording-effects.ts';

/** The group of every test that needs just one, and the session in which it was joined. */
export const GROUP = groupRef(7);
export const SESSION = 3;

/** Peers `first`, `first + 1`, ... for tests that name them by role. */
export function peers(count: number, first = 1): PeerRef[] {
  return Array.from({ length: count }, (_, i) => peerRef(first + i));
}

/** The role names that a test destructures: always as many as it asks for. */
export function roles<const Names extends readonly string[]>(...names: Names): Readonly<Record<Names[number], PeerRef>> {
  return Object.fromEntries(names.map((name, i) => [name, peerRef(i + 1)])) as Record<Names[number], PeerRef>;
}

/** A message from its origin's neighbour, with a payload that names it. */
export function data(origin: PeerRef, seq: number, more: Partial<DataMessage> = {}): DataMessage {
  const payload = Uint8Array.of(origin, seq & 0xff);
  return { kind: 'data', group: GROUP, origin, epoch: 1, seq, hops: 1, repair: false, payload, ...more };
}

/** The same message one hop later. */
export function oneHopOn(message: DataMessage): DataMessage {
  return { ...message, hops: message.hops + 1, repair: false };
}

export function logLimits(more: Partial<LogLimits> = {}): LogLimits {
  return { ...DEFAULTS.group, ...more };
}

/** Tells nobody; records what a listener would hear through the effects that it is handed. */
export class RecordingListener implements NeighbourListener {
  onNeighbourUp(peer: PeerRef, _nowMs: number, effects: RecordingEffects): void {
    effects.emit({ kind: 'neighbourUp', group: GROUP, peer });
  }

  onNeighbourDown(peer: PeerRef, _nowMs: number, effects: RecordingEffects): void {
    effects.emit({ kind: 'neighbourDown', group: GROUP, peer });
  }
}

/**
 * Draws what the test says: `draws` in order for `below`, then always 0, so that the
 * first of any list is picked; `floats` in order for `chance`, then always 0.
 */
export class ScriptedRandom extends Random {
  private readonly draws: number[];
  private readonly floats: number[];

  constructor(draws: readonly number[] = [], floats: readonly number[] = []) {
    super(0);
    this.draws = [...draws];
    this.floats = [...floats];
  }

  override below(bound: number): number {
    const draw = this.draws.shift() ?? 0;
    if (draw >= bound) throw new Error(`the script draws ${draw}, but only 0 to ${bound - 1} can be drawn`);
    return draw;
  }

  override float(): number {
    return this.floats.shift() ?? 0;
  }
}
