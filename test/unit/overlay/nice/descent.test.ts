import { beforeEach, describe, expect, test } from 'vitest';
import type { PeerRef } from '../../../../lib/core/ids.ts';
import type { NiceReply } from '../../../../lib/core/messages.ts';
import { NICE_TOP_LAYER } from '../../../../lib/core/messages/nice.ts';
import { Descent } from '../../../../lib/overlay/nice/descent.ts';
import { Recall } from '../../../../lib/overlay/nice/recall.ts';
import { GROUP, ScriptedRandom, peers, roles } from '../../../support/builders.ts';

const { self, contact, root, near, far } = roles('self', 'contact', 'root', 'near', 'far');

function reply(more: Partial<NiceReply>): NiceReply {
  return { kind: 'niceReply', group: GROUP, layer: 0, height: 1, root, members: [], ...more };
}

const rttMs = (peer: PeerRef): number => (peer === near ? 1 : 9);

describe('a search for a place (section 3.1)', () => {
  let descent: Descent;
  beforeEach(() => {
    descent = new Descent(self);
  });

  test('goes from any member to the root, and down to the nearest in each layer', () => {
    expect(descent.start(contact)).toEqual({ kind: 'ask', peer: contact, layer: NICE_TOP_LAYER });
    expect(descent.onReply(contact, reply({ layer: NICE_TOP_LAYER }), 0)).toEqual({ kind: 'ask', peer: root, layer: NICE_TOP_LAYER });
    expect(descent.onReply(root, reply({ layer: 2, height: 3, members: [near, far, self] }), 0)).toEqual({ kind: 'measure', peers: [root, near, far] });
    expect(descent.onMeasured(rttMs, 0)).toEqual({ kind: 'ask', peer: near, layer: 1 });
    expect(descent.onReply(near, reply({ layer: 1, height: 2, members: [contact] }), 0)).toEqual({ kind: 'measure', peers: [near, contact] });
    expect(descent.onMeasured(rttMs, 0)).toEqual({ kind: 'join', peer: near, layer: 0 });
  });

  test('ends in the layer wanted, at the root where that is its highest', () => {
    descent.start(root);
    expect(descent.onReply(root, reply({ layer: 2, height: 3, members: [near] }), 1)).toEqual({ kind: 'measure', peers: [root, near] });
    expect(descent.onMeasured(rttMs, 1)).toEqual({ kind: 'join', peer: near, layer: 1 });
    descent.start(root);
    expect(descent.onReply(root, reply({ layer: 1, height: 2 }), 1)).toEqual({ kind: 'join', peer: root, layer: 1 });
  });

  test.each([[2, { kind: 'join', peer: root, layer: 2 }], [3, { kind: 'invite', peer: root }]] as const)('of a root that is to join in layer %d, where the other one has height 2', (wanted, step) => {
    descent.start(root);
    expect(descent.onReply(root, reply({ layer: 1, height: 2, members: [near] }), wanted)).toEqual(step);
  });

  test('finds its own hierarchy', () => {
    descent.start(contact);
    expect(descent.onReply(contact, reply({ root: self }), 0)).toEqual({ kind: 'home' });
  });

  test('fails when it is refused, when a member leads no such cluster, and when pointers go on and on', () => {
    descent.join(root, 0);
    expect(descent.onReply(root, reply({}), 0)).toEqual({ kind: 'fail' });
    descent.start(root);
    descent.onReply(root, reply({ layer: 2, height: 3, members: [near] }), 0);
    descent.onMeasured(rttMs, 0);
    expect(descent.onReply(near, reply({ layer: 1, height: 1 }), 0)).toEqual({ kind: 'fail' });
    descent.start(contact);
    const steps = peers(20, 10).map((peer, index, all) => descent.onReply(all[index - 1] ?? contact, reply({ root: peer }), 0)?.kind);
    expect(steps.slice(0, 9)).toEqual([...new Array<string>(8).fill('ask'), 'fail']);
  });

  test('hears nobody that it has not asked', () => {
    descent.start(contact);
    expect(descent.onReply(far, reply({}), 0)).toBeUndefined();
    expect([descent.awaited, descent.isIdle]).toEqual([contact, false]);
  });
});

describe('what a peer remembers', () => {
  test('is bounded, newest first, and never the peer itself', () => {
    const recall = new Recall(self, new ScriptedRandom());
    for (const peer of peers(100)) {
      recall.addContact(peer);
      recall.lose(peer);
      recall.meet([peer]);
    }
    const kept: PeerRef[] = [];
    recall.eachPeer((peer) => kept.push(peer));
    expect(kept).toEqual([...peers(8, 93).reverse(), ...peers(32, 69).reverse(), ...peers(8, 93)]);
    expect(kept).not.toContain(self);
  });

  test('asks lost peers in turn, each twenty times', () => {
    const recall = new Recall(self, new ScriptedRandom([], new Array<number>(50).fill(0.9)));
    recall.lose(near);
    recall.lose(far);
    expect(Array.from({ length: 41 }, () => recall.next())).toEqual([...new Array<PeerRef[]>(20).fill([near, far]).flat(), undefined]);
  });

  test('forgets who does not answer, but neither contacts nor lost peers', () => {
    const recall = new Recall(self, new ScriptedRandom());
    recall.meet([near]);
    recall.forget(near);
    expect(recall.anybody()).toBeUndefined();
    recall.addContact(contact);
    recall.forget(contact);
    expect(recall.anybody()).toBe(contact);
  });
});
