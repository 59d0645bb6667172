import { describe, expect, test } from 'vitest';
import { type PeerRef, peerRef } from '../../../lib/core/ids.ts';
import { PeerTable } from '../../../lib/node/peer-table.ts';
import { formatAddress, parseAddress } from '../../../lib/transport/address.ts';
import { descriptorOf, id, idBytes, tcpOf, udpOf } from './link-bed.ts';

/** An id for every number, none of them that of peer 1. */
function manyIds(from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(16).fill(0xee);
    new DataView(bytes.buffer).setUint32(0, from + i);
    return bytes;
  });
}

function tableOf(peersMax = 65_536, inUse: readonly PeerRef[] = []): PeerTable {
  return new PeerTable(idBytes(1), peersMax, (visit) => inUse.forEach(visit));
}

describe('the table of peers', () => {
  test('gives each id one number, from 0 for the peer itself', () => {
    const table = tableOf();
    const refs = [2, 3, 2, 1, 3].map((n) => table.refOfId(idBytes(n)));
    expect([table.self.ref, refs]).toEqual([peerRef(0), [1, 2, 1, 0, 2]]);
    expect([1, 2, 3].map((n) => table.find(id(n))?.ref)).toEqual([0, 1, 2]);
    expect([table.size, table.find(id(4))]).toEqual([3, undefined]);
  });

  test('keeps ids apart that begin alike, and its own copy of the bytes', () => {
    const table = tableOf();
    const [bytes, other] = [idBytes(2), idBytes(2)];
    other[15] = 3;
    const refs = [table.refOfId(bytes), table.refOfId(other)];
    bytes.fill(9);
    expect([refs, table.idOf(peerRef(1)), table.refOfId(idBytes(2))]).toEqual([[1, 2], idBytes(2), 1]);
  });

  test('tells a descriptor with the addresses heard of last, where the peer was not met', () => {
    const table = tableOf();
    const ref = table.refOfDescriptor(descriptorOf(2, [udpOf(2)])) as PeerRef;
    table.refOfDescriptor(descriptorOf(2, [udpOf(3)]));
    // A descriptor without addresses tells nothing.
    table.refOfDescriptor(descriptorOf(2));
    expect([table.get(ref).addresses.map(formatAddress), table.descriptorOf(ref)]).toEqual([[udpOf(3)], descriptorOf(2, [udpOf(3)])]);
  });

  test('a hello replaces what others said, and they no longer count', () => {
    const table = tableOf();
    const ref = table.refOfDescriptor(descriptorOf(2, [udpOf(9)])) as PeerRef;
    expect(table.meet(descriptorOf(2, [tcpOf(2)]))?.ref).toBe(ref);
    table.refOfDescriptor(descriptorOf(2, [udpOf(9)]));
    expect(table.descriptorOf(ref)).toEqual(descriptorOf(2, [tcpOf(2)]));
    table.meet(descriptorOf(2, [tcpOf(4)]));
    expect(table.descriptorOf(ref)).toEqual(descriptorOf(2, [tcpOf(4)]));
  });

  test('nobody else can say where this peer listens', () => {
    const table = tableOf();
    table.setSelfAddresses([parseAddress(udpOf(1), 'test')]);
    table.refOfDescriptor(descriptorOf(1, [udpOf(9)]));
    expect(table.meet(descriptorOf(1, [udpOf(9)]))).toBe(table.self);
    expect(table.descriptorOf(table.self.ref)).toEqual(descriptorOf(1, [udpOf(1)]));
  });

  test('bytes that are no descriptor stand for nobody, and add nobody', () => {
    const table = tableOf();
    expect([table.refOfDescriptor(new Uint8Array(15)), table.refOfDescriptor(descriptorOf(2, [udpOf(2)]).subarray(0, 20)), table.size]).toEqual([undefined, undefined, 1]);
  });

  test('when it is full forgets whom nobody refers to, except those heard of a moment ago', () => {
    const inUse: PeerRef[] = [];
    const table = tableOf(16_384, inUse);
    const ids = manyIds(0, 16_383);
    const refs = ids.map((bytes) => table.refOfId(bytes) as PeerRef);
    inUse.push(refs[5] as PeerRef);
    expect([table.size, table.forgotten]).toEqual([16_384, 0]);
    const newcomer = table.refOfId(idBytes(2));
    // The 8192 youngest, the one in use, the peer itself and the newcomer.
    expect([table.size, table.forgotten, newcomer]).toEqual([8195, 8190, 16_384]);
    expect([table.idOf(refs[5] as PeerRef), table.find(Buffer.from(ids[4] as Uint8Array).toString('hex'))]).toEqual([ids[5], undefined]);
    // Who comes back is somebody new.
    expect(table.refOfId(ids[4] as Uint8Array)).toBe(16_385);
    expect(() => table.get(refs[4] as PeerRef)).toThrow('broken invariant');
  });

  test('when all are in use refuses newcomers and counts them', () => {
    const inUse: PeerRef[] = [];
    const table = tableOf(16_384, inUse);
    for (const bytes of manyIds(0, 16_383)) inUse.push(table.refOfId(bytes) as PeerRef);
    expect([table.refOfId(idBytes(2)), table.meet(descriptorOf(3)), table.refused, table.size]).toEqual([undefined, undefined, 2, 16_384]);
    expect(table.refOfId(manyIds(0, 1)[0] as Uint8Array)).toBe(1);
  });

  test('does not remember an id after it was forgotten', () => {
    const table = tableOf(16_384);
    const [first, ...others] = manyIds(0, 16_384);
    const before = table.refOfId(first as Uint8Array);
    others.forEach((bytes) => table.refOfId(bytes));
    table.refOfId(idBytes(2));
    expect(table.refOfId(first as Uint8Array)).not.toBe(before);
  });
});
