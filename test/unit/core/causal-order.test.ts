import { describe, expect, test } from 'vitest';
import { CausalOrder } from '../../../lib/core/causal-order.ts';
import type { GapTimer } from '../../../lib/core/effects.ts';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import type { CausalEntry, DataMessage } from '../../../lib/core/messages.ts';
import { GROUP, SESSION, data, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, emitted, timerSet } from '../../support/recording-effects.ts';

const { ann, ben, cat, relay, self } = roles('ann', 'ben', 'cat', 'relay', 'self');
const GAP_TIMEOUT_MS = 5000;

function gapTimer({ origin, epoch, seq }: DataMessage): GapTimer {
  return { kind: 'gap', group: GROUP, session: SESSION, origin, epoch, seq };
}

/** The message is held: its time runs. */
function held(message: DataMessage): Effect {
  return timerSet(gapTimer(message), GAP_TIMEOUT_MS);
}

function got(...messages: DataMessage[]): Effect[] {
  return messages.map((message) => delivered(message, relay));
}

function lost(origin: PeerRef, fromSeq: number, toSeq: number, epoch = 1): Effect {
  return emitted({ kind: 'lost', group: GROUP, origin, epoch, fromSeq, toSeq });
}

function tooOld(origin: PeerRef, seq: number): Effect {
  return emitted({ kind: 'dropped', group: GROUP, origin, seq, reason: 'too-old' });
}

function below(origin: PeerRef, next: number, epoch = 1): CausalEntry {
  return { origin, epoch, next };
}

/** A message of `origin` that comes after these. */
function after(origin: PeerRef, seq: number, ...entries: CausalEntry[]): DataMessage {
  return data(origin, seq, { after: entries });
}

function causal({ heldMax = 16, holding = false } = {}) {
  const effects = new RecordingEffects();
  const order = new CausalOrder(GROUP, SESSION, GAP_TIMEOUT_MS, heldMax, holding);
  const output = (act: (to: RecordingEffects) => void): Effect[] => {
    act(effects);
    return effects.take();
  };
  return {
    order,
    output,
    accept: (message: DataMessage): Effect[] => output((to) => order.accept(message, message.hops === 0 ? message.origin : relay, to)),
    fire: (message: DataMessage): Effect[] => output((to) => order.onGapTimer(gapTimer(message), to)),
  };
}

describe('causal order', () => {
  test('delivers at once what comes in order', () => {
    const { accept } = causal();
    const [first, second, answer] = [data(ann, 0), data(ann, 1), after(ben, 0, below(ann, 2))];
    expect([accept(first), accept(second), accept(answer)]).toEqual([got(first), got(second), got(answer)]);
  });

  test('holds an answer back until what it answers is here', () => {
    const { accept } = causal();
    const [question, answer] = [data(ann, 0), after(ben, 0, below(ann, 1))];
    expect([accept(answer), accept(question)]).toEqual([[held(answer)], got(question, answer)]);
  });

  test('waits for all that a message comes after, its publisher\'s own messages included', () => {
    const { accept } = causal();
    const message = after(cat, 1, below(ann, 2), below(ben, 1));
    expect(accept(message)).toEqual([held(message)]);
    expect([data(ann, 1), data(ben, 0), data(cat, 0)].map(accept)).toEqual([[held(data(ann, 1))], got(data(ben, 0)), got(data(cat, 0))]);
    expect(accept(data(ann, 0))).toEqual(got(data(ann, 0), data(ann, 1), message));
  });

  test('releases chains over several publishers', () => {
    const { accept } = causal();
    const chain = [data(ann, 0), after(ben, 0, below(ann, 1)), after(cat, 0, below(ben, 1)), after(ann, 1, below(cat, 1))];
    for (const message of chain.slice(1).reverse()) expect(accept(message)).toEqual([held(message)]);
    expect(accept(data(ann, 0))).toEqual(got(...chain));
  });

  test('passes by what does not wait', () => {
    const { accept } = causal();
    const waiting = after(ben, 0, below(ann, 1));
    accept(waiting);
    expect(accept(data(cat, 0))).toEqual(got(data(cat, 0)));
  });

  test('names what has changed since the publisher\'s own message before, and nothing twice', () => {
    const { order, accept } = causal();
    for (const message of [data(ann, 0), data(ann, 1), data(ben, 0), data(self, 0, { hops: 0 })]) accept(message);
    expect(order.stamp(self)).toEqual([below(ann, 2), below(ben, 1)]);
    expect(order.stamp(self)).toBe(undefined);
    accept(data(ben, 1));
    accept(data(ann, 3));
    expect(order.stamp(self)).toEqual([below(ben, 2)]);
  });

  test('names the incarnation of which something was delivered', () => {
    const { order, accept } = causal();
    accept(data(ann, 0));
    accept(data(ann, 1, { epoch: 2 }));
    expect(order.stamp(self)).toEqual([below(ann, 1, 1)]);
    accept(data(ann, 0, { epoch: 2 }));
    expect(order.stamp(self)).toEqual([below(ann, 2, 2)]);
  });
});

describe('a message that has been held for its time', () => {
  test('is delivered, and what is missing before it is lost', () => {
    const { accept, fire } = causal();
    const message = after(ben, 2, below(ann, 2));
    for (const other of [message, data(ann, 1)]) accept(other);
    expect(fire(message)).toEqual([lost(ben, 0, 1), lost(ann, 0, 0), ...got(data(ann, 1), message)]);
    expect([accept(data(ben, 1)), accept(data(ann, 0)), fire(message)]).toEqual([[tooOld(ben, 1)], [tooOld(ann, 0)], []]);
  });

  test('takes along all of its past that is held, and nothing else', () => {
    const { accept, fire } = causal();
    const [early, late, apart] = [after(ben, 0, below(ann, 1)), after(cat, 0, below(ben, 1)), after(cat, 1, below(ann, 5))];
    for (const message of [late, early, apart]) accept(message);
    expect(fire(late)).toEqual([lost(ann, 0, 0), ...got(early, late)]);
    expect(fire(apart)).toEqual([lost(ann, 1, 4), ...got(apart)]);
  });

  test('waits no more for a publisher that nobody has heard of, and what comes of that one later is dropped', () => {
    const { order, accept, fire } = causal();
    const message = after(ben, 0, below(ann, 3));
    accept(message);
    expect(fire(message)).toEqual([lost(ann, 0, 2), ...got(message)]);
    expect(order.positions()).toEqual([{ ...below(ben, 1), beyond: [] }, { ...below(ann, 3), beyond: [] }]);
    expect([accept(data(ann, 2)), accept(data(ann, 3))]).toEqual([[tooOld(ann, 2)], got(data(ann, 3))]);
  });

  test('is ignored when it was delivered meanwhile', () => {
    const { accept, fire } = causal();
    accept(data(ann, 1));
    accept(data(ann, 0));
    expect(fire(data(ann, 1))).toEqual([]);
  });

  test('is not held up by a circle, which only dishonest publishers make: the others are lost, or it is itself', () => {
    const { accept, fire } = causal();
    const circle = [after(ann, 0, below(ben, 1)), after(ben, 0, below(ann, 1))] as const;
    circle.forEach(accept);
    expect(fire(circle[0])).toEqual([lost(ben, 0, 0), ...got(circle[0])]);
    const loop = after(cat, 0, below(cat, 1));
    accept(loop);
    expect(fire(loop)).toEqual([lost(cat, 0, 0)]);
    expect(accept(data(cat, 1))).toEqual(got(data(cat, 1)));
  });
});

describe('the bounds of causal order', () => {
  test('past its limit the message held longest is delivered, and what is missing before it lost', () => {
    const { accept } = causal({ heldMax: 2 });
    const oldest = after(ben, 0, below(ann, 1));
    for (const message of [oldest, data(cat, 1)]) accept(message);
    expect(accept(data(cat, 3))).toEqual([held(data(cat, 3)), lost(ann, 0, 0), ...got(oldest)]);
  });

  test('so it is when the messages held name too much', () => {
    const { accept } = causal({ heldMax: 1000 });
    const many = (origin: PeerRef): DataMessage => after(origin, 1, ...Array.from({ length: 4096 }, () => below(cat, 1)));
    const outputs = Array.from({ length: 65 }, (_, i) => accept(many(peerRef(100 + i))));
    expect(outputs.slice(0, 64).every((output) => output.length === 1)).toBe(true);
    expect(outputs[64]).toEqual([held(many(peerRef(164))), lost(peerRef(100), 0, 0), lost(cat, 0, 0), ...got(many(peerRef(100)))]);
  });

  test('of publishers that are only named the one named longest ago is given up', () => {
    const { accept, order } = causal();
    const first = after(ben, 0, below(ann, 1));
    accept(first);
    const many = after(cat, 0, ...Array.from({ length: 4096 }, (_, i) => below(peerRef(1000 + i), 1)));
    expect(accept(many)).toEqual([held(many), lost(ann, 0, 0), ...got(first)]);
    const named = new Set<PeerRef>();
    order.eachPeer((peer) => named.add(peer));
    expect(named.size).toBe(4098);
  });

  test('of a publisher that the log forgets what is held is lost, and nobody waits for it', () => {
    const { order, accept, output } = causal();
    const waiting = after(ben, 0, below(ann, 9));
    for (const message of [data(ann, 1), data(ann, 3), waiting]) accept(message);
    expect(output((effects) => order.forget(ann, effects))).toEqual([lost(ann, 0, 3), ...got(waiting)]);
  });

  test('nothing is left waiting of a message that goes', () => {
    const { order, accept, output } = causal();
    accept(after(ben, 0, below(ann, 1)));
    expect(output((effects) => order.forget(ben, effects))).toEqual([lost(ben, 0, 0)]);
    const many = after(cat, 0, ...Array.from({ length: 4096 }, (_, i) => below(peerRef(1000 + i), 1)));
    expect(accept(many)).toEqual([held(many)]);
  });

  test('a new incarnation ends one that was only named, and who waits for it need not', () => {
    const { accept } = causal();
    const waiting = after(ben, 0, below(ann, 1));
    expect(accept(waiting)).toEqual([held(waiting)]);
    const reborn = data(ann, 0, { epoch: 2 });
    expect(accept(reborn)).toEqual(got(waiting, reborn));
  });

  test('a new incarnation ends the one before it: what was held is lost, and who waits for it need not', () => {
    const { accept, fire } = causal();
    const waiting = after(ben, 0, below(ann, 9), below(ann, 1, 2));
    for (const message of [data(ann, 0), data(ann, 2), waiting]) accept(message);
    const reborn = data(ann, 0, { epoch: 2 });
    expect(accept(reborn)).toEqual([lost(ann, 1, 2), ...got(reborn, waiting)]);
    expect([fire(data(ann, 2)), accept(after(cat, 0, below(ann, 50, 1)))]).toEqual([[], got(after(cat, 0, below(ann, 50, 1)))]);
  });

  test('what an application publishes while a message is handed to it comes after that one', () => {
    const { order } = causal();
    const log: string[] = [];
    const effects = new RecordingEffects();
    effects.deliver = (message) => {
      log.push(`${message.origin}/${message.seq}`);
      if (message.origin !== ann) return;
      const entries = order.stamp(self) ?? [];
      log.push(`after ${entries.map(({ origin, next }) => `${origin}/${next}`).join()}`);
      order.accept(data(self, message.seq, { hops: 0, after: entries }), self, effects);
    };
    for (const message of [data(ann, 1), after(ben, 0, below(self, 1)), data(ann, 0)]) order.accept(message, relay, effects);
    expect(log).toEqual([`${ann}/0`, `after ${ann}/1`, `${self}/0`, `${ben}/0`, `${ann}/1`, `after ${ben}/1,${ann}/2`, `${self}/1`]);
  });
});

describe('causal order of a newcomer', () => {
  test('holds back what comes before it knows where to start, but for what it publishes itself', () => {
    const { accept } = causal({ holding: true });
    const own = data(self, 0, { hops: 0 });
    expect([accept(data(ann, 0)), accept(own)]).toEqual([[], [delivered(own, self)]]);
  });

  test('starts where it is told, without losses; what waits then has its time from now on', () => {
    const { order, accept, output } = causal({ holding: true });
    const [ready, waiting] = [after(ann, 7, below(ben, 3)), after(cat, 0, below(ann, 9))];
    for (const message of [waiting, data(ann, 4), ready]) accept(message);
    expect(output((effects) => {
      order.startAt(ann, 1, 7, effects);
      order.startAt(ben, 1, 3, effects);
      order.begin(effects);
    })).toEqual([...got(ready), held(waiting)]);
    expect([accept(data(ann, 4)), accept(data(ann, 8))]).toEqual([[tooOld(ann, 4)], got(data(ann, 8), waiting)]);
  });

  test('delivers first what came without a gap up to the start, where that is of one publisher', () => {
    const begin = (...messages: DataMessage[]): Effect[] => {
      const { order, accept, output } = causal({ holding: true });
      messages.forEach(accept);
      return output((effects) => {
        order.startAt(ben, 1, 2, effects);
        order.startAt(ann, 1, 7, effects);
        order.begin(effects);
      });
    };
    const early = [data(ann, 5), data(ann, 6)] as const;
    expect(begin(data(ben, 2), ...early, data(ann, 3))).toEqual(got(...early, data(ben, 2)));
    expect(begin(data(ben, 2), ...early, data(ben, 1))).toEqual(got(data(ben, 2)));
  });

  test('starts each stream at the lowest number that it holds, or that is named, when nobody tells it', () => {
    const { order, accept, output } = causal({ holding: true });
    const [first, second] = [after(ann, 5, below(cat, 4)), after(ann, 6, below(ben, 9))];
    for (const message of [second, first, data(ben, 8)]) accept(message);
    expect(output((effects) => {
      order.startAtLowest();
      order.begin(effects);
    })).toEqual(got(first, data(ben, 8), second));
    expect([accept(data(cat, 3)), accept(data(cat, 4))]).toEqual([[tooOld(cat, 3)], got(data(cat, 4))]);
  });

  test('starts so too when its buffer is full, and passes over what it is told later', () => {
    const { order, accept, output } = causal({ holding: true, heldMax: 1 });
    accept(data(ann, 5));
    expect(accept(data(ann, 7))).toEqual([...got(data(ann, 5)), held(data(ann, 7))]);
    expect(output((effects) => {
      order.startAt(ann, 1, 7, effects);
      order.begin(effects);
    })).toEqual(got(data(ann, 7)));
  });

  test('reports what can be had no more', () => {
    const { order, accept, output } = causal();
    const message = after(ann, 6, below(ben, 2));
    for (const each of [message, data(ann, 2)]) accept(each);
    expect(output((effects) => order.giveUpBelow(ann, 1, 6, effects))).toEqual([lost(ann, 0, 1), lost(ann, 3, 5), ...got(data(ann, 2))]);
    expect(output((effects) => order.giveUpBelow(ben, 1, 2, effects))).toEqual([lost(ben, 0, 1), ...got(message)]);
    expect(order.heldBack(9)).toEqual([]);
  });

  test('drops what can be had no more when it comes all the same, before its place is passed too', () => {
    const { order, accept, output } = causal();
    const blocked = after(ann, 0, below(ben, 1));
    accept(blocked);
    expect(output((effects) => order.giveUpBelow(ann, 1, 3, effects))).toEqual([lost(ann, 1, 2)]);
    expect([accept(data(ann, 2)), accept(data(ben, 0)), accept(data(ann, 3))]).toEqual([[tooOld(ann, 2)], got(data(ben, 0), blocked), got(data(ann, 3))]);
  });
});
