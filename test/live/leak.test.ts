import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../lib/transport/clock.ts';
import { MACHINE } from '../../lib/node/environment.ts';
import { LISTEN, Peers } from './support/peers.ts';
import { LONG, until } from './support/until.ts';

const SOON_MS = 20_000;

const peers = new Peers();
afterEach(() => peers.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the heap in use, and of buffers outside it, once what nobody refers to has gone. */
async function usedBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Handles of the system that belong to peers, by kind. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /UDP|TCP|Timeout|GetAddrInfo/.test(kind)).sort();
}

/** This machine, with a count of the timers that are set and neither due nor cancelled. */
function machineWithTimers(): { readonly machine: typeof MACHINE; readonly timers: () => number } {
  let timers = 0;
  const clock = {
    nowMs: () => SYSTEM_CLOCK.nowMs(),
    setTimer: (afterMs: number, run: () => void) => {
      timers++;
      let over = false;
      const end = (): void => {
        if (!over) timers--;
        over = true;
      };
      const timer = SYSTEM_CLOCK.setTimer(afterMs, () => {
        end();
        run();
      });
      return { cancel: () => { end(); timer.cancel(); } };
    },
  };
  return { machine: { ...MACHINE, clock }, timers: () => timers };
}

describe('nothing is left', () => {
  const ROUNDS = LONG ? 10_000 : 2000;

  test(`of ${ROUNDS} joins and leaves of a group: links, peers and memory are as before`, async () => {
    const { machine, timers } = machineWithTimers();
    const stays = await peers.peer({}, machine);
    const comes = await peers.peer({ bootstrap: stays.addresses }, machine);
    const steady = [stays.join('steady'), comes.join('steady')];
    await Promise.all(steady.map((group) => group.ready()));
    stays.join('test');
    let delivered = 0;
    const round = async (): Promise<void> => {
      const group = comes.join('test', { order: 'causal' });
      group.on('message', () => { delivered++; });
      await group.ready({ timeoutMs: SOON_MS });
      await group.publish(Buffer.alloc(100));
      await group.leave();
    };
    const before: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      // Half of them warm up: code is compiled, and buffers that are reused are made.
      if (i === ROUNDS / 2) before.push(await usedBytes(), timers());
      await round();
    }
    const [bytes = 0, timersBefore = 0] = before;
    const count = ROUNDS / 2;
    const heard = steady.map((group) => group.stats());
    expect([stays, comes].map((peer) => [peer.joined.length, peer.stats()['peers']?.['known'], peer.stats()['links']?.['up']])).toEqual([[2, 2, 1], [1, 2, 1]]);
    expect([delivered, heard.map(({ neighbours }) => neighbours)]).toEqual([0, [1, 1]]);
    expect(timers()).toBeLessThan(timersBefore + 10);
    // What one round leaves behind for ever would be some kB; its timers and its history stay for a while.
    expect((await usedBytes() - bytes) / count).toBeLessThan(LONG ? 200 : 4000);
  }, 600_000);

  test('of peers that were opened and closed: handles, timers and memory are as before', async () => {
    const before = handles();
    const { machine, timers } = machineWithTimers();
    const count = LONG ? 500 : 20;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      if (i === count / 2) bytes = await usedBytes();
      const options = { listen: [LISTEN.udp, LISTEN.tcp], closeTimeoutMs: 200 };
      const one = await peers.peer(options, machine);
      const two = await peers.peer({ ...options, bootstrap: one.addresses.slice(i % 2, i % 2 + 1) }, machine);
      const groups = [one.join('test'), two.join('test')];
      await Promise.all(groups.map((group) => group.ready({ timeoutMs: SOON_MS })));
      await groups[0]?.publish(Buffer.alloc(i % 3 === 0 ? 100_000 : 100));
      await peers.close();
      expect(timers()).toBe(0);
    }
    await until(() => handles().length <= before.length, SOON_MS, handles);
    expect((await usedBytes() - bytes) / (count / 2)).toBeLessThan(LONG ? 5000 : 50_000);
  }, 600_000);

  test.each(['while it dials nobody', 'while it waits to be ready and to publish', 'while a name is looked up'] as const)('of a peer that is closed %s', async (when) => {
    const before = handles();
    const { machine, timers } = machineWithTimers();
    let lookUp: (host: string) => void = () => {};
    const slowly = { ...machine, resolve: async (host: string) => (host === 'slow.example' ? new Promise<readonly string[]>((resolve) => { lookUp = (found) => resolve([found]); }) : MACHINE.resolve(host)) };
    const bootstrap = when === 'while a name is looked up' ? ['tcp://slow.example:9'] : ['udp://127.0.0.1:9', 'tcp://192.0.2.1:9', 'udp://192.0.2.1:9'];
    const peer = await peers.peer({ bootstrap, listen: [LISTEN.udp, LISTEN.tcp] }, slowly);
    const group = peer.join('test');
    const waits = when === 'while it waits to be ready and to publish' ? [group.ready({ timeoutMs: Infinity }), group.ready(), group.publish(Buffer.alloc(1)), group[Symbol.asyncIterator]().next()] : [];
    const settled = Promise.allSettled(waits);
    await new Promise((resolve) => setImmediate(resolve));
    await peer.close();
    lookUp('127.0.0.1');
    expect((await settled).map(({ status }) => status)).toEqual(waits.length === 0 ? [] : ['rejected', 'rejected', 'rejected', 'fulfilled']);
    expect(timers()).toBe(0);
    await until(() => handles().length <= before.length, SOON_MS, handles);
  });
});
