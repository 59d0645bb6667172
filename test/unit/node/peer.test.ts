import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PERFECT } from '../../../sim/stack/datagram-network.ts';
import { PeerBed, uncaughtIn } from './peer-bed.ts';

let bed: PeerBed;
beforeEach(() => { bed = new PeerBed(); });
afterEach(() => bed.close());

function failing(name: string): () => never {
  return () => { throw new Error(name); };
}

describe('a listener that throws', () => {
  test('of left and closed does not keep a peer from closing its sockets', async () => {
    const peer = await bed.peer(1);
    peer.join('test').on('left', failing('left'));
    peer.on('closed', failing('closed'));
    expect(await uncaughtIn(() => bed.finish(peer.close()))).toEqual(['left', 'closed']);
    expect(bed.network.open).toBe(0);
  });

  test('of linkUp does not keep it from joining, and one of linkDown not from looking for others', async () => {
    const one = await bed.peer(1);
    one.join('test');
    const two = await bed.peer(2);
    two.on('linkUp', failing('linkUp'));
    two.on('linkDown', failing('linkDown'));
    const uncaught = await uncaughtIn(async () => {
      const group = two.join('test');
      await bed.finish(group.ready());
      bed.network.conditions = { ...PERFECT, loss: 1 };
      await bed.pass(10_000);
      expect(group.neighbours).toEqual([]);
      bed.network.conditions = PERFECT;
      await bed.finish(group.ready());
    });
    expect(uncaught.slice(0, 2)).toEqual(['linkUp', 'linkDown']);
  });

  test('of retrying does not end the tries', async () => {
    const peer = await bed.peer(2);
    peer.on('retrying', failing('retrying'));
    const group = peer.join('test');
    const uncaught = await uncaughtIn(() => bed.pass(10_000));
    expect(uncaught.length).toBeGreaterThan(2);
    (await bed.peer(1)).join('test');
    await bed.finish(group.ready());
  });
});

test('members that are no addresses are refused by name', async () => {
  const peer = await bed.peer(1);
  for (const members of [5, [5]]) {
    expect(() => peer.join('test', { overlay: 'static', members: members as never })).toThrow('join: members: expected an address or a list of them, got');
  }
});

test('its counters tell peers that are linked from links', async () => {
  const [one, two] = [await bed.peer(1), await bed.peer(2)];
  one.join('test');
  await bed.finish(two.join('test').ready());
  expect(two.stats()['links']).toMatchObject({ peers: 1, up: 1 });
});
