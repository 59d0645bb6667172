import { afterEach, describe, expect, test } from 'vitest';
import { lossyMachine } from './support/environments.ts';
import { Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SOON_MS = 10_000;

const peers = new Peers();
afterEach(() => peers.close());

describe('failure detection', () => {
  test('a neighbour that falls silent is suspected, and given up well before its links time out', async () => {
    let mute = -1;
    const members: Member[] = [];
    for (let i = 0; i < 3; i++) {
      const bootstrap = members[0]?.peer.addresses ?? [];
      const peer = await peers.peer({ idleTimeoutMs: 60_000, closeTimeoutMs: 100, bootstrap }, lossyMachine(() => mute !== i));
      members.push(new Member(peer, peer.join('test')));
    }
    const [one, two, silent] = members as [Member, Member, Member];
    await until(() => members.every(({ group }) => group.neighbours.length === 2), SOON_MS);
    let suspected = 0;
    for (const { peer } of [one, two]) peer.on('suspected', (id) => { if (id === silent.peer.id) suspected++; });
    mute = 2;
    await until(() => [one, two].every(({ group }) => !group.neighbours.includes(silent.peer.id)), 2 * SOON_MS);
    expect(suspected).toBeGreaterThan(0);
  }, 30_000);
});
