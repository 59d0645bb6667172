import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GapTimer } from '../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../lib/core/ids.ts';
import type { LogLimits } from '../../lib/core/log-limits.ts';
import { MessageLog } from '../../lib/core/message-log.ts';
import { type DataMessage, nextHop } from '../../lib/core/messages.ts';
import { GROUP, SESSION, data, logLimits } from '../support/builders.ts';
import { RecordingEffects } from '../support/recording-effects.ts';

const SEED = 19_921_110;

/** What a peer got to see, in order: messages delivered, and numbers reported as lost. */
type Seen = { readonly kind: 'delivered' | 'lost'; readonly key: string };

interface Published {
  readonly message: DataMessage;
  /** Everything delivered to its publisher before: the full vector, written out. */
  readonly past: ReadonlySet<string>;
  /** The part that its publisher had not got before its own message before; that one included. */
  readonly news: readonly string[];
}

function keyOf({ origin, seq }: { readonly origin: PeerRef; readonly seq: number }): string {
  return `${origin}/${seq}`;
}

/** Members that know nothing of each other but the copies on their way, which anyone may reorder, lose and bring again. */
class World {
  readonly seen = new Map<PeerRef, Seen[]>();
  readonly published = new Map<string, Published>();
  readonly timers: { readonly peer: PeerRef; readonly timer: GapTimer }[] = [];
  onTheWay: { readonly to: PeerRef; readonly message: DataMessage }[] = [];
  readonly lost: World['onTheWay'] = [];
  private readonly logs = new Map<PeerRef, MessageLog>();
  private readonly marks = new Map<PeerRef, number>();

  constructor(peers: number, limits: Partial<LogLimits> = {}) {
    for (let i = 0; i < peers; i++) {
      this.logs.set(peerRef(i), new MessageLog(GROUP, SESSION, logLimits({ order: 'causal', ...limits })));
      this.seen.set(peerRef(i), []);
    }
  }

  publish(peer: PeerRef): void {
    const seen = this.seenBy(peer);
    const seq = seen.filter(({ key }) => key.startsWith(`${peer}/`)).length;
    const delivered = seen.filter(({ kind }) => kind === 'delivered').map(({ key }) => key);
    // News since the own message before, which stands at the mark itself.
    const news = delivered.slice(this.marks.get(peer) ?? 0);
    this.marks.set(peer, delivered.length);
    const after = this.log(peer).stamp(peer);
    const message = data(peer, seq, { hops: 0, ...(after !== undefined && { after }) });
    this.published.set(keyOf(message), { message, past: new Set(delivered), news });
    this.arrive(peer, message);
    for (const to of this.logs.keys()) if (to !== peer) this.onTheWay.push({ to, message: nextHop(message) });
  }

  /** The copy arrives, or is lost for now. */
  step(pick: number, loses: boolean): void {
    const [copy] = this.onTheWay.splice(pick % this.onTheWay.length, 1);
    if (copy === undefined) return;
    if (loses) this.lost.push(copy);
    else this.arrive(copy.to, copy.message);
  }

  fire(pick: number): void {
    const [set] = this.timers.splice(pick % this.timers.length, 1);
    if (set !== undefined) this.handle(set.peer, (log, effects) => log.onGapTimer(set.timer, effects));
  }

  repairAll(order: readonly number[]): void {
    this.onTheWay.push(...this.lost.splice(0));
    for (let i = 0; this.onTheWay.length > 0; i++) this.step(order[i % order.length] ?? 0, false);
  }

  seenBy(peer: PeerRef): Seen[] {
    return this.seen.get(peer) ?? [];
  }

  held(): number {
    return [...this.logs.values()].reduce((sum, log) => sum + log.heldBack(1_000_000).length, 0);
  }

  private arrive(peer: PeerRef, message: DataMessage): void {
    this.handle(peer, (log, effects) => log.accept(message, message.origin, effects));
  }

  private handle(peer: PeerRef, act: (log: MessageLog, effects: RecordingEffects) => void): void {
    const effects = new RecordingEffects();
    act(this.log(peer), effects);
    for (const effect of effects.take()) {
      if (effect.effect === 'deliver') this.seenBy(peer).push({ kind: 'delivered', key: keyOf(effect.message) });
      if (effect.effect === 'setTimer' && effect.timer.kind === 'gap') this.timers.push({ peer, timer: effect.timer });
      if (effect.effect !== 'emit' || effect.event.kind !== 'lost') continue;
      const { origin, fromSeq, toSeq } = effect.event;
      for (let seq = fromSeq; seq <= toSeq; seq++) this.seenBy(peer).push({ kind: 'lost', key: keyOf({ origin, seq }) });
    }
  }

  private log(peer: PeerRef): MessageLog {
    const log = this.logs.get(peer);
    if (log === undefined) throw new Error(`no peer ${peer}`);
    return log;
  }
}

type Step = { readonly kind: 'publish' | 'arrive' | 'lose' | 'fire'; readonly pick: number };

function steps(...kinds: Step['kind'][]): fc.Arbitrary<Step[]> {
  return fc.array(fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(10_000) }), { minLength: 1, maxLength: 150, size: 'max' });
}

const peers = fc.integer({ min: 2, max: 6 });
const picks = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 20 });

function run(world: World, members: number, schedule: readonly Step[]): void {
  for (const { kind, pick } of schedule) {
    if (kind === 'publish') world.publish(peerRef(pick % members));
    else if (kind === 'fire') world.fire(pick);
    else world.step(pick, kind === 'lose');
  }
}

/**
 * What of a message's past is known to a peer: all that was named by messages that are
 * not lost there. A lost message tells nothing but that it was there.
 */
function knownPast(world: World, key: string, lost: ReadonlySet<string>, known = new Set<string>()): Set<string> {
  for (const before of world.published.get(key)?.news ?? []) {
    if (known.has(before)) continue;
    known.add(before);
    if (!lost.has(before)) knownPast(world, before, lost, known);
  }
  return known;
}

describe(`causal order, against full vectors (seed ${SEED})`, () => {
  test('every member gets every message once, each after all that its publisher had got, however copies overtake each other or come late', () => {
    const prop = fc.property(peers, steps('publish', 'publish', 'arrive', 'arrive', 'arrive', 'arrive', 'lose'), picks, (members, schedule, order) => {
      const world = new World(members);
      run(world, members, schedule);
      world.repairAll(order);
      for (const seen of world.seen.values()) {
        expect(seen.map(({ key }) => key).sort()).toEqual([...world.published.keys()].sort());
        const before = new Set<string>();
        for (const { kind, key } of seen) {
          expect([kind, ...[...(world.published.get(key)?.past ?? [])].filter((past) => !before.has(past))]).toEqual(['delivered']);
          before.add(key);
        }
      }
      expect(world.held()).toBe(0);
    });
    fc.assert(prop, { seed: SEED, numRuns: 300 });
  });

  test('what is given up is reported, never delivered, and the only thing that may come out of order is what lost messages alone had named', () => {
    let losses = 0;
    const schedules = steps('publish', 'publish', 'arrive', 'arrive', 'arrive', 'lose', 'fire');
    const prop = fc.property(peers, schedules, picks, fc.constantFrom(3, 1000), (members, schedule, order, orderBufferMax) => {
      const world = new World(members, { orderBufferMax });
      run(world, members, schedule);
      world.repairAll(order);
      while (world.timers.length > 0) world.fire(0);
      expect(world.held()).toBe(0);
      for (const seen of world.seen.values()) {
        expect(seen.map(({ key }) => key).sort()).toEqual([...world.published.keys()].sort());
        const before = new Set<string>();
        const lost = new Set<string>();
        for (const { kind, key } of seen) {
          const missing = kind === 'lost' ? [] : [...knownPast(world, key, lost)].filter((past) => !before.has(past));
          expect([key, ...missing]).toEqual([key]);
          before.add(key);
          if (kind === 'lost') lost.add(key);
        }
        losses += lost.size;
      }
    });
    fc.assert(prop, { seed: SEED, numRuns: 300 });
    expect(losses).toBeGreaterThan(1000);
  });
});
