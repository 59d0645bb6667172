import { afterEach, expect, test } from 'vitest';
import type { JoinOptions } from '../../lib/node/options.ts';
import { Member, Peers } from './support/peers.ts';
import { until } from './support/until.ts';

const SOON_MS = 10_000;
const COUNT = 6;

const peers = new Peers();
afterEach(() => peers.close());

test.each<[string, JoinOptions]>([
  ['anti-entropy by ranges over Cyclon', { overlay: { kind: 'cyclon', shuffleIntervalMs: 200 }, dissemination: { kind: 'anti-entropy', reconcile: 'ranges', cycleMs: 100 }, repair: 'none' }],
  ['a gossip mesh with repair by ranges', { dissemination: { kind: 'gossip-mesh', heartbeatMs: 200 }, repair: { kind: 'anti-entropy', reconcile: 'ranges', cycleMs: 100 } }],
])('%s: all get what each publishes, and who comes later what was published before', async (_, options) => {
  const join: JoinOptions = { ...options, since: 'any' };
  const members = await peers.group(COUNT, {}, join);
  await Promise.all(members.map((member, i) => member.publish(`from ${i}`)));
  const all = members.map((_member, i) => `from ${i}`);
  await until(() => members.every(({ texts }) => texts.length === COUNT - 1), SOON_MS, () => members.map(({ texts }) => texts));
  const peer = await peers.peer({ bootstrap: members[2]?.peer.addresses ?? [] });
  const newcomer = new Member(peer, peer.join('test', join));
  await until(() => newcomer.texts.length === COUNT, SOON_MS, () => newcomer.texts);
  expect([...newcomer.texts].sort()).toEqual(all);
  members.forEach(({ texts }, i) => expect([...texts].sort()).toEqual(all.filter((__, from) => from !== i)));
});
