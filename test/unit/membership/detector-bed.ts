import { type FailureDetectorOptions, failureDetectorOptions } from '../../../lib/core/config.ts';
import type { ProbeTimer, Timer } from '../../../lib/core/effects.ts';
import { PEER_GROUP, peerRef } from '../../../lib/core/ids.ts';
import type { Ack, Message, Nack, Ping, PingRequest } from '../../../lib/core/messages.ts';
import { FailureDetector } from '../../../lib/membership/failure-detector.ts';
import { ScriptedRandom } from '../../support/builders.ts';
import { type Effect, RecordingEffects } from '../../support/recording-effects.ts';

export const SELF = peerRef(0);

export const ping = (seq: number, suspected = false): Ping => ({ kind: 'ping', group: PEER_GROUP, seq, suspected });
export const ack = (seq: number): Ack => ({ kind: 'ack', group: PEER_GROUP, seq });
export const nack = (seq: number): Nack => ({ kind: 'nack', group: PEER_GROUP, seq });
export const pingRequest = (seq: number, target: number): PingRequest => ({ kind: 'pingRequest', group: PEER_GROUP, seq, target: peerRef(target) });
export const timer = (step: ProbeTimer['step'], seq: number): Timer => ({ kind: 'probe', group: PEER_GROUP, session: 0, step, seq });

/** An effect in a few words; timers have none. */
function wordsOf(effect: Effect): string[] {
  if (effect.effect === 'emit' && 'peer' in effect.event) return [`${effect.event.kind} ${effect.event.peer}`];
  if (effect.effect !== 'sendUnreliable') return effect.effect === 'setTimer' ? [] : [effect.effect];
  const { to, message } = effect;
  if (message.kind === 'ping') return [`ping ${message.seq}${message.suspected ? ' suspected' : ''} > ${to}`];
  if (message.kind === 'pingRequest') return [`pingRequest ${message.seq} about ${message.target} > ${to}`];
  return ['seq' in message ? `${message.kind} ${message.seq} > ${to}` : message.kind];
}

/**
 * A detector on virtual time that watches peers 1, 2, ... in this order; the first is
 * probed at 2000 ms. Helpers are asked in the order of the round.
 */
export class Bed {
  readonly detector: FailureDetector;
  nowMs = 0;
  private readonly effects = new RecordingEffects();
  private pending: { readonly atMs: number; readonly timer: Timer }[] = [];
  private seen: string[] = [];

  constructor(peers: number, options: Partial<FailureDetectorOptions> = {}) {
    // Place and first tick of the first peer, then the places of the others: each at the end.
    const draws = [0, 0, ...Array.from({ length: Math.max(0, peers - 1) }, (_, i) => i + 1)];
    this.detector = new FailureDetector(SELF, failureDetectorOptions(options), new ScriptedRandom(draws));
    for (let peer = 1; peer <= peers; peer++) this.watch(peer);
  }

  watch(peer: number): void {
    this.detector.watch(peerRef(peer), this.nowMs, this.effects);
    this.note();
  }

  receive(from: number, message: Message): void {
    this.detector.onMessage(peerRef(from), message, this.nowMs, this.effects);
    this.note();
  }

  hear(...peers: readonly number[]): void {
    for (const peer of peers) this.detector.onHeard(peerRef(peer), this.nowMs);
  }

  fire(fired: Timer): void {
    this.detector.onTimer(fired, this.nowMs, this.effects);
    this.note();
  }

  /** Lets time go on, and fires what is due. */
  run(untilMs: number): void {
    for (let next = this.next(untilMs); next !== undefined; next = this.next(untilMs)) {
      this.pending = this.pending.filter((other) => other !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.fire(next.timer);
    }
    this.nowMs = untilMs;
  }

  /** What was sent and told since the last call. */
  take(): string[] {
    return this.seen.splice(0);
  }

  state(peer: number): unknown {
    return this.detector.state(peerRef(peer));
  }

  /** The counters that are not 0. */
  get counted(): object {
    return Object.fromEntries(Object.entries(this.detector.counters).filter(([, count]) => count !== 0));
  }

  private next(untilMs: number): { readonly atMs: number; readonly timer: Timer } | undefined {
    const due = this.pending.filter(({ atMs }) => atMs <= untilMs);
    return due.sort((a, b) => a.atMs - b.atMs)[0];
  }

  private note(): void {
    for (const effect of this.effects.take()) {
      if (effect.effect === 'setTimer') this.pending.push({ atMs: this.nowMs + effect.afterMs, timer: effect.timer });
      this.seen.push(...wordsOf(effect).map((words) => `${this.nowMs}: ${words}`));
    }
  }
}

/** The bed in which peer 1 has just been suspected, at 3000 ms, by probe 1; the first three of its helpers were asked. */
export function suspecting(peers: number, options: Partial<FailureDetectorOptions> = {}, nacks: readonly number[] = []): Bed {
  const bed = new Bed(peers, options);
  for (let atMs = 900; atMs < 3000; atMs += 1000) {
    bed.run(atMs);
    bed.hear(...Array.from({ length: peers - 1 }, (_, i) => i + 2));
  }
  for (const from of nacks) bed.receive(from, nack(1));
  bed.run(3000);
  bed.take();
  return bed;
}
