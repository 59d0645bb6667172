import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Group } from '../../../lib/node/group.ts';
import type { JoinOptions } from '../../../lib/node/options.ts';
import type { Peer } from '../../../lib/node/peer.ts';
import { PeerBed } from './peer-bed.ts';

let bed: PeerBed;
let peers: readonly [Peer, Peer];
beforeEach(async () => {
  bed = new PeerBed();
  peers = [await bed.peer(1), await bed.peer(2)];
});
afterEach(() => bed.close());

/** The two as writer and reader of one group. */
async function groups(join: JoinOptions = {}): Promise<{ readonly writer: Group; readonly reader: Group }> {
  const [writer, reader] = [peers[0].join('test', join), peers[1].join('test', join)];
  await bed.finish(Promise.all([writer.ready(), reader.ready()]));
  return { writer, reader };
}

async function publish(writer: Group, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await bed.finish(writer.publish(Buffer.from(text)));
  await bed.pass(100);
}

/** Reads one message and ends the iteration. */
async function readOne(group: Group): Promise<string | undefined> {
  for await (const { data } of group) return data.toString();
  return undefined;
}

describe('reading slowly', () => {
  test('is told once, whoever reads next', async () => {
    const { writer, reader } = await groups({ bufferMessagesMax: 2 });
    const lagged: number[] = [];
    reader.on('lagged', (messages) => lagged.push(messages));
    await publish(writer, ...'abcdef');
    expect(lagged).toEqual([]);
    expect([await readOne(reader), await readOne(reader), lagged]).toEqual(['e', 'f', [4]]);
    await publish(writer, ...'ghi');
    expect([await readOne(reader), lagged]).toEqual(['h', [4, 1]]);
  });

  test('after an iteration has ended, a listener is told nothing of it, and nothing is kept', async () => {
    const { writer, reader } = await groups({ bufferMessagesMax: 2 });
    const lagged: number[] = [];
    reader.on('lagged', (messages) => lagged.push(messages));
    await publish(writer, 'a');
    await readOne(reader);
    const heard: string[] = [];
    reader.on('message', ({ data }) => heard.push(data.toString()));
    await publish(writer, ...'bcdef');
    expect([heard.join(''), lagged, reader.stats().unread]).toEqual(['bcdef', [], 0]);
  });

  test('of two iterations at once, one that ends leaves the other going', async () => {
    const { writer, reader } = await groups();
    reader.on('message', () => {});
    const [one, other] = [reader[Symbol.asyncIterator](), reader[Symbol.asyncIterator]()];
    await one.return?.();
    await one.return?.();
    await publish(writer, 'a');
    expect([(await one.next()).done, (await other.next()).value?.data.toString()]).toEqual([true, 'a']);
  });
});

describe('counters', () => {
  test('of a group that was left stay', async () => {
    const { writer, reader } = await groups();
    await publish(writer, ...'abc');
    const before = [writer.stats(), reader.stats()];
    await writer.leave();
    await reader.leave();
    expect([writer.stats(), reader.stats()]).toEqual(before.map((stats) => ({ ...stats, neighbours: 0 })));
    expect(before.map(({ published, delivered }) => [published, delivered])).toEqual([[3, 0], [0, 3]]);
  });

  test.each([
    ['plumtree', { missingDropped: 0, treesEvicted: 0, historyAdded: 3, historyEvicted: 1 }],
    ['rumor', { hot: 3, overflowed: 0, historyAdded: 3, historyEvicted: 1 }],
    ['flooding', { historyAdded: 3, historyEvicted: 1 }],
  ] as const)('with %s say what had to go', async (kind, counters) => {
    const dissemination = kind === 'rumor' ? { kind, cycleMs: 60_000 } : kind;
    const { writer } = await groups({ dissemination, history: { messagesMax: 2 } });
    await publish(writer, ...'abc');
    expect(writer.stats().counters).toEqual(counters);
  });

  test('of a peer have those of its failure detector, where it has one', async () => {
    await groups({ repair: 'none' });
    await bed.pass(10_000);
    expect(peers[0].stats()['failureDetector']).toMatchObject({ suspected: 0, failed: 0, localHealth: 0 });
    expect(peers[0].stats()['failureDetector']?.['probes']).toBeGreaterThan(0);
    expect((await bed.peer(3, { failureDetector: 'none' })).stats()).not.toHaveProperty('failureDetector');
  });
});
