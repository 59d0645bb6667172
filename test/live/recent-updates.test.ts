import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, test } from 'vitest';
import { TRACE_CHANNEL } from '../../lib/node/tracer.ts';
import { Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SOON_MS = 15_000;

const peers = new Peers();
afterEach(() => peers.close());

/** What arrives from now on until `count` lists of what came lately have, by kind. */
async function arrivals(count: number): Promise<ReadonlyMap<string, number>> {
  const arrived = new Map<string, number>();
  const look = (event: unknown): void => {
    const { kind, message } = event as { readonly kind: string; readonly message?: { readonly kind: string } };
    if (kind === 'arrival' && message !== undefined) arrived.set(message.kind, (arrived.get(message.kind) ?? 0) + 1);
  };
  subscribe(TRACE_CHANNEL, look);
  await until(() => (arrived.get('recent') ?? 0) >= count, SOON_MS);
  unsubscribe(TRACE_CHANNEL, look);
  return arrived;
}

test('checksums of live peers agree, though each has numbers of its own for the others: nothing is compared in full once nothing is new', async () => {
  const dissemination = { kind: 'anti-entropy', exchange: 'recent', recentMs: 300, cycleMs: 50, connectionLimit: 2, partner: 'spatial' } as const;
  const opened = [await peers.peer(), await peers.peer(), await peers.peer(), await peers.peer()];
  const members = opened.map((peer) => {
    const others = opened.filter((other) => other !== peer).map(({ addresses }) => addresses[0] ?? '');
    return new Member(peer, peer.join('test', { overlay: 'full', members: others, dissemination, repair: 'none' }));
  });
  await Promise.all(members.map(({ group }) => group.ready()));
  await until(() => members.every(({ group }) => group.neighbours.length === 3), SOON_MS);
  for (const member of members) await member.publish('news');
  await until(() => members.every(({ texts }) => texts.length === 3), SOON_MS);
  // What is new may be compared in full, by those who hear of it between question and answer.
  let quiet = await arrivals(40);
  for (let attempt = 0; attempt < 10 && quiet.has('digest'); attempt++) quiet = await arrivals(40);
  expect(quiet.has('digest')).toBe(false);
  expect([...quiet.keys()].sort()).toEqual(expect.arrayContaining(['connect', 'connectReply', 'recent', 'rttProbe', 'rttReply']));
});
