import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/core/random.ts';
import { Machine } from '../../../sim/stack/machine.ts';
import { SimulatedSocket } from '../../../sim/stack/simulated-socket.ts';
import { UnderlayNetwork, addressOf, fnv, hostOf } from '../../../sim/stack/underlay-network.ts';
import { VirtualClock } from '../../../sim/stack/virtual-clock.ts';
import { PacketFaults } from '../../../sim/world/packet-faults.ts';
import { type Paths, equalPaths } from '../../../sim/world/paths.ts';

const PORT = 7000;
const SEED = 1;

/** Three hosts, 10 ms apart where nothing else is said; what comes to host 1 is written down. */
async function bed(paths: Paths = equalPaths(3, 10)) {
  const clock = new VirtualClock();
  const faults = new PacketFaults(new Random(SEED).fork('faults'));
  const machines = [0, 1, 2].map(() => new Machine(clock));
  const network = new UnderlayNetwork({ clock, paths, faults, machines, random: new Random(SEED), seed: SEED });
  const came: string[] = [];
  const socket = new SimulatedSocket(network, addressOf(1));
  socket.on('message', (bytes: Uint8Array, from: { readonly address: string }) => { came.push(`${bytes.join(',')} from ${from.address} at ${clock.nowMs()}`); });
  socket.bind({ address: addressOf(1), port: PORT });
  await Promise.resolve();
  const send = (from: number, bytes: Uint8Array, to = 1): void => network.send({ address: addressOf(from), port: PORT }, { address: addressOf(to), port: PORT }, bytes);
  return { clock, faults, machines, network, came, send };
}

describe('datagrams over an underlay', () => {
  test('addresses stand for hosts, also many', () => {
    const hosts = [0, 1, 254, 255, 65_535, 100_000];
    expect(hosts.map(addressOf)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.255', '10.0.1.0', '10.1.0.0', '10.1.134.161']);
    expect(hosts.map(addressOf).map(hostOf)).toEqual(hosts);
  });

  test('take the delay of their path, and arrive as they were sent whatever is done to the bytes afterwards', async () => {
    const { clock, network, came, send } = await bed();
    const bytes = Uint8Array.of(1, 2);
    send(0, bytes);
    bytes[0] = 9;
    send(0, Uint8Array.of(3), 2);
    clock.advance(20);
    expect([came, network.counters]).toEqual([['1,2 from 10.0.0.1 at 10'], { sent: 2, lost: 0, unbound: 1 }]);
  });

  test('are lost to a host that there is not, and to sockets of a process that was killed', async () => {
    const { clock, network, came, send } = await bed();
    send(0, Uint8Array.of(1), 7);
    send(0, Uint8Array.of(2));
    network.unbindAll(1);
    clock.advance(20);
    expect([came, network.counters]).toEqual([[], { sent: 2, lost: 1, unbound: 1 }]);
  });

  test('suffer faults, which count them', async () => {
    const { clock, faults, came, send } = await bed();
    const begun = [
      faults.begin({ kind: 'duplication', p: 1, between: { from: [0] } }, 1e6),
      faults.begin({ kind: 'corruption', p: 1, between: { from: [2] } }, 1e6),
    ];
    send(0, Uint8Array.of(1));
    send(2, Uint8Array.of(2));
    clock.advance(200);
    expect([came.length, came[0], came[1]?.startsWith('1 from 10.0.0.1'), begun.map((fault) => fault.affected())]).toEqual([2, '1 from 10.0.0.1 at 10', true, [1, 1]]);
  });

  test('wait for links of limited bandwidth, headers counted', async () => {
    // 972 bytes and 28 of headers are 8 ms at 1 Mbit/s; 4 ms lie before the link.
    const slow: Paths = { ...equalPaths(3, 10), hosts: 3, plain: false, delayUs: () => 10_000, loss: () => 0, jitterUs: () => 0, queues: () => [{ queue: 0, bandwidthMbps: 1, entryUs: 4000 }] };
    const { clock, came, send } = await bed(slow);
    for (let i = 0; i < 2; i++) send(0, new Uint8Array(972).fill(i));
    clock.advance(100);
    expect(came.map((text) => text.slice(-5))).toEqual(['at 18', 'at 26']);
  });

  test('are all in the trace: another byte is another trace', async () => {
    const hashes = await Promise.all([[1, 2], [1, 2], [1, 3]].map(async (bytes) => {
      const { network, send } = await bed();
      send(0, Uint8Array.from(bytes));
      return network.traceHash;
    }));
    expect([hashes[0] === hashes[1], hashes[0] === hashes[2]]).toEqual([true, false]);
  });

  test('FNV-1a has the values of its authors', () => {
    expect(['', 'a', 'foobar'].map((text) => fnv(new TextEncoder().encode(text)))).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
});
