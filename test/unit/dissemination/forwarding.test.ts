import { describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../lib/core/ids.ts';
import { MessageLog } from '../../../lib/core/message-log.ts';
import type { Message } from '../../../lib/core/messages.ts';
import type { Dissemination } from '../../../lib/core/protocol.ts';
import { Flooding } from '../../../lib/dissemination/flooding.ts';
import { TreeMulticast } from '../../../lib/dissemination/tree-multicast.ts';
import { Unicast } from '../../../lib/dissemination/unicast.ts';
import { StaticOverlay } from '../../../lib/overlay/static-overlay.ts';
import { GROUP, SESSION, data, logLimits, oneHopOn, roles } from '../../support/builders.ts';
import { type Effect, RecordingEffects, delivered, emitted, sent } from '../../support/recording-effects.ts';

const { self, source, left, right, stranger } = roles('self', 'source', 'left', 'right', 'stranger');

/** The list of neighbours holds the peer itself, as a list of all members does. */
const NEIGHBOURS = [left, self, right];

function member<D extends Dissemination>(make: (log: MessageLog, neighbours: readonly PeerRef[]) => D) {
  const effects = new RecordingEffects();
  const dissemination = make(new MessageLog(GROUP, SESSION, logLimits()), NEIGHBOURS);
  return {
    dissemination,
    receive(from: PeerRef, message: Message): Effect[] {
      dissemination.onMessage(from, message, 0, effects);
      return effects.take();
    },
    publish(seq: number): [number, Effect[]] {
      const sentTo = dissemination.publish(data(self, seq, { hops: 0 }), 0, effects);
      return [sentTo, effects.take()];
    },
  };
}

function treeOf(neighbours: readonly PeerRef[]): StaticOverlay {
  return new StaticOverlay(self, neighbours, { onNeighbourUp: () => {}, onNeighbourDown: () => {} });
}

describe.each([
  ['flooding (HyParView section 4.1)', () => member((log, neighbours) => new Flooding(self, log, neighbours))],
  ['tree multicast', () => member((log, neighbours) => new TreeMulticast(self, log, treeOf(neighbours)))],
])('%s', (_, join) => {
  test('a publisher sends to all its neighbours, not to itself', () => {
    const message = data(self, 0);
    expect(join().publish(0)).toEqual([2, [sent(left, message), sent(right, message)]]);
  });

  test('a new message goes on to every neighbour but the one it came from', () => {
    const message = data(source, 0);
    expect(join().receive(left, message)).toEqual([delivered(message, left), sent(right, oneHopOn(message))]);
  });

  test('a duplicate goes nowhere', () => {
    const { receive } = join();
    receive(left, data(source, 0));
    expect(receive(right, data(source, 0))).toEqual([]);
  });

  test('a repaired message is delivered, whoever brings it, and not forwarded', () => {
    const message = data(source, 0, { repair: true });
    expect(join().receive(stranger, message)).toEqual([delivered(message, stranger)]);
  });

  test('messages of other protocols are ignored', () => {
    expect(join().receive(left, { kind: 'prune', group: GROUP })).toEqual([]);
  });
});

test('flooding takes a message from a stranger and sends it to all neighbours', () => {
  const { receive } = member((log, neighbours) => new Flooding(self, log, neighbours));
  const message = data(source, 0);
  expect(receive(stranger, message)).toEqual([delivered(message, stranger), sent(left, oneHopOn(message)), sent(right, oneHopOn(message))]);
});

describe('tree multicast', () => {
  test('refuses a message from a stranger and counts it', () => {
    const { dissemination, receive } = member((log, neighbours) => new TreeMulticast(self, log, treeOf(neighbours)));
    expect(receive(stranger, data(source, 0))).toEqual([
      emitted({ kind: 'dropped', group: GROUP, origin: source, seq: 0, reason: 'not-a-neighbour' }),
    ]);
    expect([dissemination.strangers, dissemination.cycles]).toEqual([1, 0]);
    expect(receive(left, data(source, 0))).toHaveLength(2);
  });

  test('counts a duplicate as a cycle in what should be a tree', () => {
    const { dissemination, receive } = member((log, neighbours) => new TreeMulticast(self, log, treeOf(neighbours)));
    receive(left, data(source, 0));
    receive(right, data(source, 0));
    expect([dissemination.strangers, dissemination.cycles]).toEqual([0, 1]);
  });
});

describe('repeated unicast (Chu, Rao, Seshan, Zhang, section 2)', () => {
  const join = () => member((log, neighbours) => new Unicast(self, log, neighbours));

  test('a publisher sends to all its neighbours, not to itself', () => {
    const message = data(self, 0);
    expect(join().publish(0)).toEqual([2, [sent(left, message), sent(right, message)]]);
  });

  test('a receiver delivers once and forwards nothing', () => {
    const { receive } = join();
    const message = data(source, 0);
    expect([receive(source, message), receive(left, message)]).toEqual([[delivered(message, source)], []]);
  });
});
