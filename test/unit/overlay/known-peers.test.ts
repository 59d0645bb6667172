import { expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { KnownPeers } from '../../../lib/overlay/known-peers.ts';
import { ScriptedRandom, peers } from '../../support/builders.ts';

const self = peerRef(0);

function all(known: KnownPeers): PeerRef[] {
  const seen: PeerRef[] = [];
  known.eachPeer((peer) => seen.push(peer));
  return seen;
}

test('each peer is remembered once, and never the peer itself', () => {
  const known = new KnownPeers(self, new ScriptedRandom());
  for (const peer of [self, ...peers(2), ...peers(2)]) known.add(peer);
  known.addContact(self);
  known.addContact(peerRef(2));
  known.add(peerRef(2));
  expect([all(known), known.size, known.sample(9)]).toEqual([[2, 1], 2, [2, 1]]);
});

test('of more than 32 a random one goes that is no contact', () => {
  const known = new KnownPeers(self, new ScriptedRandom([4]));
  known.addContact(peerRef(100));
  for (const peer of peers(32)) known.add(peer);
  expect(all(known)).toEqual([100, ...peers(32).filter((peer) => peer !== 5)]);
});

test('of more than 8 contacts the one added longest ago becomes a peer like others', () => {
  const known = new KnownPeers(self, new ScriptedRandom());
  for (const peer of peers(32, 50)) known.add(peer);
  for (const peer of peers(9)) known.addContact(peer);
  expect(known.size).toBe(32);
  expect(all(known).slice(0, 8)).toEqual(peers(8, 2));
  expect(all(known)).toContain(1);
});

test('all are asked in turn, a contact as often as another', () => {
  const known = new KnownPeers(self, new ScriptedRandom());
  expect([...known.next(2)]).toEqual([]);
  for (const peer of peers(3)) known.add(peer);
  expect([...known.next(2)]).toEqual([2]);
  known.addContact(peerRef(9));
  expect([...known.next(2), ...known.next(2), ...known.next(2), ...known.next(1)]).toEqual([9, 3, 9, 1, 9, 2, 9]);
});

test('a place in a tree names those on its path and its children', () => {
  const known = new KnownPeers(self, new ScriptedRandom());
  const [root, parent, child] = peers(3).map((peer) => ({ peer, delayUs: 0 }));
  if (root === undefined || parent === undefined || child === undefined) throw new Error('three peers');
  known.addTree({ rank: 1, path: [root, parent], children: [child] });
  expect(all(known)).toEqual(peers(3));
});
